#include "topics/routes.h"

#include "base/crypto.h"
#include "base/text.h"
#include "networks/feed/format.h"
#include "topics/relevance.h"
#include "topics/words.h"

#include <fmt/format.h>

namespace topics {
namespace {

using accounts::Role;
using http::Request;
using http::Response;
using namespace std::chrono_literals;

constexpr std::size_t samples_shown = 50;
constexpr std::size_t feed_items_max = 50;
constexpr auto lately = 24h;
constexpr std::size_t found_max = 50;

// A trend that one interest finds.
struct Found {
  trends::Board::Current current;
  Relevance relevance;
};

std::vector<Found> found_by(const Matcher& matcher, const trends::Lens& lens,
                            std::vector<trends::Board::Current> current) {
  std::vector<Found> found;
  for (trends::Board::Current& each : current) {
    if (lens.hides(each.trend.body)) continue;
    const auto rated = relevance(matcher, each.trend.body);
    if (const auto own = rated.find(0); own != rated.end()) {
      found.push_back({.current = std::move(each), .relevance = own->second});
    }
  }
  std::ranges::sort(found, [](const Found& a, const Found& b) {
    const double of_a = a.current.score * a.relevance.value;
    const double of_b = b.current.score * b.relevance.value;
    return of_a != of_b ? of_a > of_b : a.current.trend.id < b.current.trend.id;
  });
  if (found.size() > found_max) found.resize(found_max);
  return found;
}

std::string label_of(const Found& found) {
  return base::text_at(json::value(found.current.trend.body), "/label");
}

json::object to_json(const Found& found) {
  return {{"id", found.current.trend.id},
          {"label", label_of(found)},
          {"score", found.current.score},
          {"relevance", found.relevance.value},
          {"matched_by", found.relevance.by},
          {"seen_at", base::format_rfc3339(found.current.trend.seen_at)}};
}

// What a person tries out.
struct Trial {
  WatchListInput list;
  std::string text;
  std::string author;
  std::string language;
  std::vector<std::string> links;
};

base::Result<Trial> read_trial(const json::value& body) {
  base::JsonReader in(body);
  Trial trial{.text = in.optional_text("text", {.max = text_max}).value_or(""),
              .author = in.optional_text("author", {.max = 300}).value_or(""),
              .language = in.optional_text("language", {.max = 10}).value_or("")};
  if (in.has("links")) trial.links = in.texts("links", 20, {.min = 1, .max = 2000});
  const json::object* list = in.optional_object("watch_list");
  if (list == nullptr) {
    in.error("watch_list", "is needed");
  } else {
    const json::value written(*list);  // the reader keeps no copy
    base::JsonReader inner(written, "watch_list");
    trial.list.interest = read_interest(inner);
    // As they come from a list that is there; they decide nothing here.
    trial.list.name = inner.optional_text("name", {.max = 100}).value_or("");
    trial.list.enabled = inner.optional_boolean("enabled").value_or(true);
    trial.list.version = inner.optional_integer("version", 1, INT64_MAX);
    in.absorb(inner);
  }
  if (auto good = in.finish(); !good) return std::unexpected(good.error());
  return trial;
}

class ListRoutes {
 public:
  explicit ListRoutes(Services& services) : services_(services) {}

  io::Task<Response> list(Request request) {
    const auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    json::array items;
    for (const WatchList& each : co_await services_.lists.list(who->workspace)) {
      items.push_back(shown(each));
    }
    co_return http::json_response(
        json::object{{"items", std::move(items)}, {"next_cursor", nullptr}});
  }

  io::Task<Response> get(Request request) {
    const auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    auto list = co_await services_.lists.get(who->workspace, request.param("id"));
    co_return answer(request, list);
  }

  io::Task<Response> add(Request request) {
    const auto who = accounts::principal(request, Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto input = read(request);
    if (!input) co_return http::problem(input.error(), request.request_id);
    auto added = co_await services_.lists.add(who->workspace, *input);
    if (added) tell(who->workspace, added->id);
    co_return answer(request, added, 201);
  }

  io::Task<Response> replace(Request request) {
    const auto who = accounts::principal(request, Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto input = read(request);
    if (!input) co_return http::problem(input.error(), request.request_id);
    auto list = co_await services_.lists.replace(who->workspace, request.param("id"), *input);
    if (list) tell(who->workspace, list->id);
    co_return answer(request, list);
  }

  io::Task<Response> remove(Request request) {
    const auto who = accounts::principal(request, Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto removed = co_await services_.lists.remove(who->workspace, request.param("id"));
    if (!removed) co_return http::problem(removed.error(), request.request_id);
    tell(who->workspace, request.param("id"));
    co_return http::no_content();
  }

  io::Task<Response> renew_feed(Request request) {
    const auto who = accounts::principal(request, Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    auto list = co_await services_.lists.renew_feed(who->workspace, request.param("id"));
    co_return answer(request, list);
  }

  io::Task<Response> mentions(Request request) {
    const auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    auto list = co_await services_.lists.get(who->workspace, request.param("id"));
    if (!list) co_return http::problem(list.error(), request.request_id);
    json::array items;
    for (const auto& sample : co_await services_.lists.samples(list->id, samples_shown)) {
      items.push_back(topics::to_json(sample));
    }
    json::array hours;
    const base::Instant since = services_.clock.now() - std::chrono::days{7};
    for (const HourCount& count : co_await services_.lists.counts(list->id, since)) {
      hours.push_back(
          json::object{{"at", base::format_rfc3339(count.hour)}, {"mentions", count.mentions}});
    }
    co_return http::json_response(
        json::object{{"items", std::move(items)}, {"hours", std::move(hours)}});
  }

  io::Task<Response> test(Request request) {
    const auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto body = http::json_body(request);
    if (!body) co_return http::problem(body.error(), request.request_id);
    const auto trial = read_trial(*body);
    if (!trial) co_return http::problem(trial.error(), request.request_id);
    const Matcher matcher({{"trial", trial->list.interest}});
    Seen seen{.texts = {trial->text}, .author = trial->author, .language = trial->language};
    seen.links.assign(trial->links.begin(), trial->links.end());
    for (const base::Span& url : base::find_urls(trial->text)) {
      seen.links.push_back(std::string_view(trial->text).substr(url.begin, url.end - url.begin));
    }
    const auto hits = matcher.match_all(seen);
    json::array found;
    const auto lens = co_await services_.filters.lens(who->workspace);
    for (const Found& each : found_by(matcher, *lens, co_await services_.board.current(lately))) {
      found.push_back(to_json(each));
    }
    const std::string by = hits.empty() ? "" : std::string(hits[0].by);
    const std::string unless = hits.empty() ? "" : std::string(hits[0].unless);
    co_return http::json_response(json::object{{"matches", !hits.empty() && unless.empty()},
                                               {"matched_by", by},
                                               {"excluded_by", unless},
                                               {"trends", std::move(found)}});
  }

  // Open to whoever knows the token; says nothing about whose list it is.
  io::Task<Response> feed(Request request) {
    const auto list = co_await services_.lists.by_feed_token(request.param("token"));
    if (!list || !list->enabled) {
      co_return http::problem(base::not_found("There is no such feed.").error(),
                              request.request_id);
    }
    const Matcher matcher({{list->id, list->interest}});
    networks::feed::Channel channel{
        .title = "Rising: " + list->name,
        .description = "What is rising of a watch list.",
        .home_url = services_.public_url.empty() ? "" : services_.public_url + "/trends",
        .base_url = services_.public_url + "/feeds/watch-lists/" + list->feed_token + "/feed",
        .updated_at = list->updated_at};
    std::vector<json::object> items;
    const auto lens = co_await services_.filters.lens(list->workspace);
    for (const Found& each : found_by(matcher, *lens, co_await services_.board.current(lately))) {
      if (items.size() >= feed_items_max) break;
      channel.updated_at = std::max(channel.updated_at, each.current.trend.first_seen_at);
      items.push_back(feed_item(each));
    }
    Response response{.body = networks::feed::to_rss(channel, items)};
    const std::string etag = "\"" + base::hex(base::sha256(response.body)).substr(0, 32) + "\"";
    response.headers.set("Content-Type", "application/rss+xml; charset=utf-8");
    response.headers.set("ETag", etag);
    response.headers.set("Cache-Control", "private, max-age=300");
    response.headers.set("X-Content-Type-Options", "nosniff");
    if (request.headers.get("If-None-Match") == etag) {
      response.status = 304;
      response.body.clear();
    }
    co_return response;
  }

 private:
  static base::Result<WatchListInput> read(const Request& request) {
    const auto body = http::json_body(request);
    if (!body) return std::unexpected(body.error());
    return read_watch_list(*body);
  }

  json::object feed_item(const Found& found) const {
    std::string text = base::text_at(json::value(found.current.trend.body), "/explanation");
    if (!services_.public_url.empty()) {
      text += fmt::format("\n{}/trends/{}", services_.public_url, found.current.trend.id);
    }
    return {{"id", found.current.trend.id},
            {"title", label_of(found)},
            {"text", std::move(text)},
            {"published_at", base::format_rfc3339(found.current.trend.first_seen_at)}};
  }

  json::object shown(const WatchList& list) const {
    json::object object = topics::to_json(list.interest);
    object["id"] = list.id;
    object["name"] = list.name;
    object["enabled"] = list.enabled;
    object["version"] = list.version;
    object["feed_url"] =
        fmt::format("{}/feeds/watch-lists/{}/feed.rss", services_.public_url, list.feed_token);
    object["mentions_hour"] = list.mentions_hour;
    object["mentions_day"] = list.mentions_day;
    object["created_at"] = base::format_rfc3339(list.created_at);
    object["updated_at"] = base::format_rfc3339(list.updated_at);
    return object;
  }

  Response answer(const Request& request, const base::Result<WatchList>& list,
                  int status = 200) const {
    if (!list) return http::problem(list.error(), request.request_id);
    return http::json_response(shown(*list), status);
  }

  void tell(const base::WorkspaceId& workspace, const std::string& id) const {
    if (services_.changed) services_.changed(workspace, {{"type", "watch_list"}, {"id", id}});
  }

  Services& services_;
};

}  // namespace

io::Task<std::optional<trends::Rating>> Services::rating(base::WorkspaceId workspace,
                                                         std::string list) {
  const auto found = co_await lists.get(workspace, list);
  if (!found) co_return std::nullopt;
  const std::vector<std::pair<std::string, Interest>> one{{found->id, found->interest}};
  co_return [matcher = std::make_shared<const Matcher>(one)](const json::object& trend) {
    const auto rated = relevance(*matcher, trend);
    return rated.empty() ? 0.0 : rated.begin()->second.value;
  };
}

void bind(http::Router& router, Services& services) {
  auto routes = std::make_shared<ListRoutes>(services);
  const auto to = [&routes](io::Task<Response> (ListRoutes::*handler)(Request)) -> http::Handler {
    return [routes, handler](Request request) { return (*routes.*handler)(std::move(request)); };
  };
  router.get("/api/watch-lists", to(&ListRoutes::list));
  router.post("/api/watch-lists", to(&ListRoutes::add));
  router.post("/api/watch-lists/test", to(&ListRoutes::test));
  router.get("/api/watch-lists/{id}", to(&ListRoutes::get));
  router.put("/api/watch-lists/{id}", to(&ListRoutes::replace));
  router.del("/api/watch-lists/{id}", to(&ListRoutes::remove));
  router.get("/api/watch-lists/{id}/mentions", to(&ListRoutes::mentions));
  router.post("/api/watch-lists/{id}/feed", to(&ListRoutes::renew_feed));
  router.get("/feeds/watch-lists/{token}/feed.rss", to(&ListRoutes::feed));
}

}  // namespace topics
