#include "accounts/audit_routes.h"

#include "accounts/answers.h"
#include "accounts/audit.h"

#include <charconv>

namespace accounts {
namespace {

constexpr std::size_t limit_max = 200;
constexpr std::size_t text_max = 100;

base::Result<AuditFilter> read_filter(const http::Query& query) {
  AuditFilter filter;
  std::vector<base::FieldError> errors;
  const auto text = [&](std::string_view name) {
    const std::string_view given = query.get(name).value_or("");
    if (given.size() > text_max) errors.push_back({std::string(name), "is too long"});
    return std::string(given.substr(0, text_max));
  };
  const auto instant = [&](std::string_view name) -> std::optional<base::Instant> {
    const auto given = query.get(name);
    if (!given) return std::nullopt;
    const auto value = base::parse_rfc3339(*given);
    if (!value) errors.push_back({std::string(name), "is not an RFC 3339 time"});
    return value;
  };
  filter.action = text("action");
  filter.actor_id = text("actor_id");
  filter.object_id = text("object_id");
  filter.from = instant("from");
  filter.to = instant("to");
  filter.before_id = text("cursor");
  if (!filter.before_id.empty() && !base::is_uuid(filter.before_id)) {
    errors.push_back({"cursor", "is not one that this server gave out"});
  }
  if (const auto given = query.get("limit")) {
    const auto [end, error] =
        std::from_chars(given->data(), given->data() + given->size(), filter.limit);
    if (error != std::errc{} || end != given->data() + given->size() || filter.limit < 1 ||
        filter.limit > limit_max) {
      errors.push_back({"limit", fmt::format("is 1 to {}", limit_max)});
    }
  }
  if (!errors.empty()) return base::invalid(std::move(errors));
  return filter;
}

}  // namespace

io::Task<http::Response> AuditRoutes::list(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::admin);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const base::Result<AuditFilter> filter = read_filter(request.query);
  if (!filter) co_return http::problem(filter.error(), request.request_id);
  std::vector<AuditRecord> records =
      co_await read_audit(services_.database, who->workspace, *filter);
  json::value next = nullptr;
  if (records.size() > filter->limit) {
    records.resize(filter->limit);
    next = records.back().id;
  }
  json::object page = page_of(records, [](const auto& record) { return to_json(record); });
  page["next_cursor"] = std::move(next);
  co_return private_json(page);
}

}  // namespace accounts
