#include "posts/bulk_routes.h"

#include "accounts/principal.h"
#include "base/json.h"
#include "base/text.h"
#include "http/message.h"

#include <fmt/format.h>

namespace posts {

namespace {

using http::Request;
using http::Response;

bool is_csv(const Request& request) {
  const std::string_view type = request.headers.get("Content-Type");
  return base::equals_ignore_case(base::trim(type.substr(0, type.find(';'))), "text/csv");
}

// A file has no room for options: they stand in the query.
base::Result<BulkInput> with_options(base::Result<BulkInput> input, const http::Query& query) {
  if (!input) return input;
  const std::string_view dry_run = query.get("dry_run").value_or("false");
  const std::string_view mode = query.get("mode").value_or("all_or_nothing");
  if (dry_run != "true" && dry_run != "false") {
    return base::invalid("dry_run", "is true or false");
  }
  if (mode != "all_or_nothing" && mode != "good_rows") {
    return base::invalid("mode", "is one of all_or_nothing, good_rows");
  }
  input->dry_run = dry_run == "true";
  input->mode = mode == "good_rows" ? BulkMode::good_rows : BulkMode::all_or_nothing;
  return input;
}

base::Result<BulkInput> read(const Request& request,
                             const std::vector<accounts::AccountView>& accounts) {
  if (is_csv(request)) return with_options(read_bulk_csv(request.body, accounts), request.query);
  auto body = http::json_body(request);
  if (!body) return std::unexpected(body.error());
  return read_bulk(*body, accounts);
}

base::Error refusal(const BulkResult& result) {
  std::vector<base::FieldError> fields;
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    for (const base::FieldError& error : result.rows[i].errors) {
      const std::string dot = error.field.empty() ? "" : ".";
      fields.push_back({fmt::format("rows[{}]{}{}", i, dot, error.field), error.message});
    }
  }
  return base::invalid(std::move(fields)).error();
}

class BulkApi {
 public:
  BulkApi(Bulk& bulk, accounts::Accounts& accounts) : bulk_(bulk), accounts_(accounts) {}

  io::Task<Response> run(Request request) {
    auto who = accounts::principal(request, accounts::Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto known = co_await accounts_.list(who->workspace);
    auto input = read(request, known);
    if (!input) co_return http::problem(input.error(), request.request_id);
    const bool dry_run = input->dry_run;
    const BulkResult result = co_await bulk_.run(*who, std::move(*input));
    if (!dry_run && result.created == 0) {
      co_return http::problem(refusal(result), request.request_id);
    }
    co_return http::json_response(to_json(result, dry_run), dry_run ? 200 : 201);
  }

 private:
  Bulk& bulk_;
  accounts::Accounts& accounts_;
};

}  // namespace

void bind_bulk(http::Router& router, Bulk& bulk, accounts::Accounts& accounts) {
  auto api = std::make_shared<BulkApi>(bulk, accounts);
  router.post("/api/posts/bulk", [api](Request request) { return api->run(std::move(request)); });
}

}  // namespace posts
