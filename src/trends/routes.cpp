#include "trends/routes.h"

#include "base/json.h"
#include "base/text.h"
#include "trends/category.h"
#include "trends/filter_routes.h"
#include "trends/source_routes.h"
#include "trends/trend.h"

#include <charconv>

namespace trends {
namespace {

using http::Request;
using http::Response;
using namespace std::chrono_literals;

constexpr std::size_t limit_max = 200;
constexpr std::size_t history_max = 100;
constexpr std::size_t text_max = 100;
constexpr auto heartbeat_every = 15s;

std::optional<std::chrono::minutes> parse_window(std::string_view text) {
  if (text == "1h") return 60min;
  if (text == "6h") return 360min;
  if (text == "24h") return 1440min;
  return {};
}

void read_limit(const http::Query& query, std::size_t max, std::size_t& into,
                std::vector<base::FieldError>& errors) {
  const auto limit = query.get("limit");
  if (!limit || limit->empty()) return;
  const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), into);
  const bool whole = error == std::errc{} && end == limit->data() + limit->size();
  if (!whole || into < 1 || into > max) {
    errors.push_back({"limit", fmt::format("must be a number from 1 to {}", max)});
  }
}

std::optional<base::Instant> read_instant(const http::Query& query, std::string_view name,
                                          std::vector<base::FieldError>& errors) {
  const auto text = query.get(name);
  if (!text || text->empty()) return {};
  const auto instant = base::parse_rfc3339(*text);
  if (!instant)
    errors.push_back({std::string(name), "must be a time such as 2026-05-01T00:00:00Z"});
  return instant;
}

base::Result<HistoryQuery> parse_history(const http::Query& query) {
  std::vector<base::FieldError> errors;
  const std::string text(query.get("q").value_or(""));
  if (text.size() > text_max) {
    errors.push_back({"q", fmt::format("is longer than {} bytes", text_max)});
  }
  HistoryQuery wanted{.words = search_words(base::clean_utf8(text.substr(0, text_max))),
                      .from = read_instant(query, "from", errors),
                      .to = read_instant(query, "to", errors),
                      .kind = std::string(query.get("kind").value_or("")),
                      .category = std::string(query.get("category").value_or("")),
                      .cursor = std::string(query.get("cursor").value_or(""))};
  if (!wanted.kind.empty() && !kind_from_name(wanted.kind)) {
    errors.push_back({"kind", "must be one of tag, word, bigram, link, cashtag"});
  }
  if (!wanted.category.empty() && !is_category(wanted.category)) {
    errors.push_back({"category", "is not a category that trends have"});
  }
  read_limit(query, history_max, wanted.limit, errors);
  if (!errors.empty()) return base::invalid(std::move(errors));
  return wanted;
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
  read_limit(query, limit_max, filter.limit, errors);
  if (!errors.empty()) return base::invalid(std::move(errors));
  return filter;
}

// Who asks for which list.
struct Asked {
  base::WorkspaceId workspace;
  TrendFilter filter;
  std::string watch_list;
  bool filtered = true;  // by what the workspace does not want to see
};

Asked asked_by(const accounts::Principal& who, const Request& request, TrendFilter filter) {
  return {.workspace = who.workspace,
          .filter = std::move(filter),
          .watch_list = std::string(request.query.get("watch_list").value_or("")),
          .filtered = request.query.get("filters").value_or("on") != "off"};
}

// The list that was asked for; nothing when it names a watch list that is not there.
io::Task<std::optional<std::string>> find_list(Services& services, Asked asked) {
  Rating rating;
  if (!asked.watch_list.empty() && services.doors.rating) {
    auto found = co_await services.doors.rating(asked.workspace, asked.watch_list);
    if (!found) co_return std::nullopt;
    rating = std::move(*found);
  }
  std::shared_ptr<const Lens> lens;
  if (asked.filtered) lens = co_await services.filters.lens(asked.workspace);
  co_return co_await services.board.list(asked.filter, std::move(rating), std::move(lens));
}

Response no_watch_list(const Request& request) {
  return http::problem(base::not_found("There is no such watch list.").error(), request.request_id);
}

// Sends the list whenever it differs from what was sent last.
io::Task<> stream_lists(Services& services, Asked asked, std::shared_ptr<http::BodyWriter> writer) {
  std::string sent;
  auto last_write = std::chrono::steady_clock::now();
  for (;;) {
    auto found = co_await find_list(services, asked);
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

// How long after the beginning of the rise the first network had it.
void add_delay(json::value& post, base::Instant since) {
  const auto published = base::parse_rfc3339(base::text_at(post, "/published_at"));
  json::value minutes(nullptr);
  if (published) {
    minutes = std::chrono::duration_cast<std::chrono::minutes>(*published - since).count();
  }
  post.get_object()["minutes_after_rise"] = std::move(minutes);
}

class TrendRoutes {
 public:
  explicit TrendRoutes(Services& services) : services_(services) {}

  io::Task<Response> list(Request request) {
    const auto who = accounts::principal(request, accounts::Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto filter = parse_filter(request.query);
    if (!filter) co_return http::problem(filter.error(), request.request_id);
    auto list = co_await find_list(services_, asked_by(*who, request, *filter));
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
    const auto lens = co_await services_.filters.lens(who->workspace);
    auto detail = base::is_uuid(id) ? co_await services_.board.detail(id, lens) : std::nullopt;
    if (!detail) {
      const auto missing =
          base::not_found("There is no such trend; it may have been too long ago.");
      co_return http::problem(missing.error(), request.request_id);
    }
    json::array posts;
    if (services_.doors.our_posts) {
      posts = co_await services_.doors.our_posts(who->workspace, {id});
    }
    const auto since = base::parse_rfc3339(base::text_at(json::value(*detail), "/since"));
    for (json::value& post : posts) add_delay(post, since.value_or(base::Instant{}));
    (*detail)["our_posts"] = std::move(posts);
    co_return http::json_response(*detail);
  }

  io::Task<Response> history(Request request) {
    const auto who = accounts::principal(request, accounts::Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto query = parse_history(request.query);
    if (!query) co_return http::problem(query.error(), request.request_id);
    const auto lens = co_await services_.filters.lens(who->workspace);
    const auto page = co_await services_.board.past(*query, lens);
    if (!page) co_return http::problem(page.error(), request.request_id);
    co_return http::json_response(*page);
  }

  io::Task<Response> stream(Request request) {
    const auto who = accounts::principal(request, accounts::Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto filter = parse_filter(request.query);
    if (!filter) co_return http::problem(filter.error(), request.request_id);
    const Asked asked = asked_by(*who, request, *filter);
    if (!co_await find_list(services_, asked)) co_return no_watch_list(request);
    Response response;
    response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-cache");
    response.headers.set("X-Accel-Buffering", "no");
    response.stream = [&services = services_, asked](auto writer) {
      return stream_lists(services, asked, std::move(writer));
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
                   const base::Vault& vault, Doors doors_of_all, SourceWeights weights)
    : clock(clock_of_all),
      sources(database, clock_of_all, vault, std::move(weights)),
      filters(database, clock_of_all),
      board(executor, database, clock_of_all),
      doors(std::move(doors_of_all)) {}

void bind(http::Router& router, Services& services) {
  const auto routes = std::make_shared<TrendRoutes>(services);
  router.get("/api/trends", handler(routes, &TrendRoutes::list));
  router.get("/api/trends/stream", handler(routes, &TrendRoutes::stream));
  router.get("/api/trends/history", handler(routes, &TrendRoutes::history));
  router.get("/api/trends/{id}", handler(routes, &TrendRoutes::detail));
  bind_filters(router, services);
  bind_sources(router, services);
}

void bind_automation(http::Router& router, Services& services) {
  const auto routes = std::make_shared<TrendRoutes>(services);
  router.post("/automation/api/trends/fetch", handler(routes, &TrendRoutes::fetch));
}

}  // namespace trends
