#include "trends/filter_routes.h"

#include "base/json.h"

namespace trends {
namespace {

using http::Request;
using http::Response;

constexpr std::int64_t min_authors_max = 10'000;
constexpr std::size_t value_max = 300;

json::object to_json(const FilterEntry& entry) {
  return {{"id", entry.id},
          {"list", to_string(entry.list)},
          {"kind", to_string(entry.kind)},
          {"value", entry.value},
          {"created_at", base::format_rfc3339(entry.created_at)}};
}

json::object to_json(const Filters& filters) {
  json::array entries;
  for (const FilterEntry& entry : filters.entries) entries.push_back(to_json(entry));
  return {{"hide_adult", filters.hide_adult},
          {"hide_flagged", filters.hide_flagged},
          {"min_authors", filters.min_authors},
          {"entries", std::move(entries)}};
}

base::Result<FilterEntry> read_entry(const json::value& body) {
  base::JsonReader in(body);
  FilterEntry entry;
  const std::string list = in.text("list", {.min = 1, .max = 10});
  const std::string kind = in.text("kind", {.min = 1, .max = 10});
  entry.value = in.text("value", {.min = 1, .max = value_max});
  if (list == "allow") {
    entry.list = FilterEntry::List::allow;
  } else if (list != "block") {
    in.error("list", "must be block or allow");
  }
  if (kind == "author") {
    entry.kind = FilterEntry::Kind::author;
  } else if (kind == "domain") {
    entry.kind = FilterEntry::Kind::domain;
  } else if (kind != "topic") {
    in.error("kind", "must be topic, author or domain");
  }
  if (auto good = in.finish(); !good) return std::unexpected(good.error());
  return entry;
}

class FilterRoutes {
 public:
  explicit FilterRoutes(Services& services) : services_(services) {}

  io::Task<Response> get(Request request) {
    const auto who = accounts::principal(request, accounts::Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    co_return http::json_response(to_json(co_await services_.filters.get(who->workspace)));
  }

  io::Task<Response> change(Request request) {
    const auto who = accounts::principal(request, accounts::Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto body = http::json_body(request);
    if (!body) co_return http::problem(body.error(), request.request_id);
    base::JsonReader in(*body);
    const FilterChanges changes{
        .hide_adult = in.optional_boolean("hide_adult"),
        .hide_flagged = in.optional_boolean("hide_flagged"),
        .min_authors = in.optional_integer("min_authors", 0, min_authors_max)};
    if (auto good = in.finish(); !good) co_return http::problem(good.error(), request.request_id);
    const Filters filters = co_await services_.filters.change(who->workspace, changes);
    services_.board.changed();
    co_return http::json_response(to_json(filters));
  }

  io::Task<Response> add(Request request) {
    const auto who = accounts::principal(request, accounts::Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto body = http::json_body(request);
    if (!body) co_return http::problem(body.error(), request.request_id);
    auto entry = read_entry(*body);
    if (!entry) co_return http::problem(entry.error(), request.request_id);
    const auto added = co_await services_.filters.add(who->workspace, std::move(*entry));
    if (!added) co_return http::problem(added.error(), request.request_id);
    services_.board.changed();
    co_return http::json_response(to_json(added->entry), added->is_new ? 201 : 200);
  }

  io::Task<Response> remove(Request request) {
    const auto who = accounts::principal(request, accounts::Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto removed = co_await services_.filters.remove(who->workspace, request.param("id"));
    if (!removed) co_return http::problem(removed.error(), request.request_id);
    services_.board.changed();
    co_return http::no_content();
  }

 private:
  Services& services_;
};

}  // namespace

void bind_filters(http::Router& router, Services& services) {
  const auto routes = std::make_shared<FilterRoutes>(services);
  const auto to = [routes](io::Task<Response> (FilterRoutes::*handler)(Request)) {
    return [routes, handler](Request request) { return (*routes.*handler)(std::move(request)); };
  };
  router.get("/api/trend-filters", to(&FilterRoutes::get));
  router.patch("/api/trend-filters", to(&FilterRoutes::change));
  router.post("/api/trend-filters/entries", to(&FilterRoutes::add));
  router.del("/api/trend-filters/entries/{id}", to(&FilterRoutes::remove));
}

}  // namespace trends
