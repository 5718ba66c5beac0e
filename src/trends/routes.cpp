#include "trends/routes.h"

#include "base/json.h"
#include "base/text.h"
#include "trends/source_routes.h"
#include "trends/trend.h"

#include <charconv>

namespace trends {
namespace {

using http::Request;
using http::Response;
using namespace std::chrono_literals;

constexpr std::size_t limit_max = 200;
constexpr std::size_t text_max = 100;
constexpr auto heartbeat_every = 15s;

std::optional<std::chrono::minutes> parse_window(std::string_view text) {
  if (text == "1h") return 60min;
  if (text == "6h") return 360min;
  if (text == "24h") return 1440min;
  return {};
}

base::Result<TrendFilter> parse_filter(const http::Query& query) {
  TrendFilter filter;
  std::vector<base::FieldError> errors;
  const auto text = [&](std::string_view name, std::string& into) {
    into = query.get(name).value_or("");
    if (into.size() > text_max) {
      errors.push_back({std::string(name), fmt::format("is longer than {} bytes", text_max)});
    }
  };
  text("source", filter.source);
  text("lang", filter.language);
  text("kind", filter.kind);
  text("q", filter.text);
  filter.text = base::clean_utf8(filter.text);
  if (!filter.kind.empty() && !kind_from_name(filter.kind)) {
    errors.push_back({"kind", "must be one of tag, word, bigram, link, cashtag"});
  }
  if (const auto window = query.get("window"); window && !window->empty()) {
    const auto parsed = parse_window(*window);
    if (!parsed) errors.push_back({"window", "must be 1h, 6h or 24h"});
    filter.window = parsed.value_or(filter.window);
  }
  if (const auto limit = query.get("limit"); limit && !limit->empty()) {
    const auto [end, error] =
        std::from_chars(limit->data(), limit->data() + limit->size(), filter.limit);
    const bool whole = error == std::errc{} && end == limit->data() + limit->size();
    if (!whole || filter.limit < 1 || filter.limit > limit_max) {
      errors.push_back({"limit", fmt::format("must be a number from 1 to {}", limit_max)});
    }
  }
  if (!errors.empty()) return base::invalid(std::move(errors));
  return filter;
}

// The list that was asked for; nothing when it names a watch list that is not there.
io::Task<std::optional<std::string>> find_list(Services& services, base::WorkspaceId workspace,
                                               TrendFilter filter, std::string watch_list) {
  if (watch_list.empty() || !services.doors.rating) co_return co_await services.board.list(filter);
  auto rating = co_await services.doors.rating(workspace, watch_list);
  if (!rating) co_return std::nullopt;
  co_return co_await services.board.list(filter, std::move(*rating));
}

std::string watch_list_of(const Request& request) {
  return std::string(request.query.get("watch_list").value_or(""));
}

Response no_watch_list(const Request& request) {
  return http::problem(base::not_found("There is no such watch list.").error(), request.request_id);
}

// Sends the list whenever it differs from what was sent last.
io::Task<> stream_lists(Services& services, base::WorkspaceId workspace, TrendFilter filter,
                        std::string watch_list, std::shared_ptr<http::BodyWriter> writer) {
  std::string sent;
  auto last_write = std::chrono::steady_clock::now();
  for (;;) {
    auto found = co_await find_list(services, workspace, filter, watch_list);
    if (!found) co_return;  // it was removed meanwhile
    std::string list = std::move(*found);
    const auto now = std::chrono::steady_clock::now();
    if (list != sent) {
      co_await writer->write(http::sse_event("trends", list));
      sent = std::move(list);
      last_write = now;
    } else if (now - last_write > heartbeat_every) {
      co_await writer->write(": still here\n\n");
      last_write = now;
    }
    co_await services.board.wait();
  }
}

class TrendRoutes {
 public:
  explicit TrendRoutes(Services& services) : services_(services) {}

  io::Task<Response> list(Request request) {
    const auto who = accounts::principal(request, accounts::Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto filter = parse_filter(request.query);
    if (!filter) co_return http::problem(filter.error(), request.request_id);
    auto list = co_await find_list(services_, who->workspace, *filter, watch_list_of(request));
    if (!list) co_return no_watch_list(request);
    Response response;
    response.headers.set("Content-Type", "application/json");
    response.body = std::move(*list);
    co_return response;
  }

  io::Task<Response> detail(Request request) {
    const auto who = accounts::principal(request, accounts::Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const std::string id = request.param("id");
    auto detail = base::is_uuid(id) ? co_await services_.board.detail(id) : std::nullopt;
    if (!detail) {
      const auto missing =
          base::not_found("There is no such trend; it may have been too long ago.");
      co_return http::problem(missing.error(), request.request_id);
    }
    json::array posts;
    if (services_.doors.our_posts) {
      for (std::string& post : co_await services_.doors.our_posts(who->workspace, {id})) {
        posts.emplace_back(std::move(post));
      }
    }
    (*detail)["our_posts"] = std::move(posts);
    co_return http::json_response(*detail);
  }

  io::Task<Response> stream(Request request) {
    const auto who = accounts::principal(request, accounts::Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto filter = parse_filter(request.query);
    if (!filter) co_return http::problem(filter.error(), request.request_id);
    const std::string watch_list = watch_list_of(request);
    if (!co_await find_list(services_, who->workspace, *filter, watch_list)) {
      co_return no_watch_list(request);
    }
    Response response;
    response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-cache");
    response.headers.set("X-Accel-Buffering", "no");
    response.stream = [&services = services_, workspace = who->workspace, filter = *filter,
                       watch_list](auto writer) {
      return stream_lists(services, workspace, filter, watch_list, std::move(writer));
    };
    co_return response;
  }

  io::Task<Response> fetch(Request request) {
    const auto who = accounts::principal(request, accounts::Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto sources = co_await services_.sources.ask_to_fetch();
    if (services_.doors.look_soon) services_.doors.look_soon();
    co_return http::json_response(json::object{{"sources", sources}});
  }

 private:
  Services& services_;
};

auto handler(const std::shared_ptr<TrendRoutes>& routes,
             io::Task<Response> (TrendRoutes::*method)(Request)) {
  return [routes, method](Request request) { return (*routes.*method)(std::move(request)); };
}

}  // namespace

Services::Services(io::Executor executor, db::Database& database, const base::Clock& clock_of_all,
                   const base::Vault& vault, Doors doors_of_all)
    : clock(clock_of_all),
      sources(database, clock_of_all, vault),
      board(executor, database, clock_of_all),
      doors(std::move(doors_of_all)) {}

void bind(http::Router& router, Services& services) {
  const auto routes = std::make_shared<TrendRoutes>(services);
  router.get("/api/trends", handler(routes, &TrendRoutes::list));
  router.get("/api/trends/stream", handler(routes, &TrendRoutes::stream));
  router.get("/api/trends/{id}", handler(routes, &TrendRoutes::detail));
  bind_sources(router, services);
}

void bind_automation(http::Router& router, Services& services) {
  const auto routes = std::make_shared<TrendRoutes>(services);
  router.post("/automation/api/trends/fetch", handler(routes, &TrendRoutes::fetch));
}

}  // namespace trends
