#include "posts/series_routes.h"

#include "accounts/principal.h"
#include "base/json.h"
#include "http/message.h"
#include "posts/input.h"
#include "posts/routes.h"

#include <charconv>

#include <fmt/format.h>

namespace posts {

namespace {

using accounts::Principal;
using accounts::Role;
using http::Request;
using http::Response;

constexpr std::size_t preview_default = 10;
constexpr std::size_t preview_max = 100;

Response refused(const base::Error& error, const Request& request) {
  return http::problem(error, request.request_id);
}

std::size_t count_of(const http::Query& query, std::string_view name, std::size_t fallback) {
  const auto text = query.get(name);
  if (!text) return fallback;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  return error == std::errc{} && end == text->data() + text->size() ? number : 0;
}

json::array shown(const std::vector<OccurrenceTime>& times) {
  json::array items;
  for (const OccurrenceTime& time : times) items.push_back(to_json(time));
  return items;
}

// Rules may take a while to go through: not on the loop.
io::Task<std::vector<OccurrenceTime>> times_of(Recurrence rule, std::string after,
                                               std::size_t count) {
  co_return co_await io::offload([rule = std::move(rule), after = std::move(after), count] {
    return occurrences(rule, after, count);
  });
}

class SeriesApi {
 public:
  SeriesApi(Series& series, const base::Clock& clock) : series_(series), clock_(clock) {}

  io::Task<Response> list(Request request) {
    auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return refused(who.error(), request);
    SeriesFilter filter;
    std::vector<base::FieldError> errors;
    if (auto state = request.query.get("state"); state && !state->empty()) {
      filter.state = parse_series_state(*state);
      if (!filter.state) errors.push_back({"state", "is one of active, stopped, ended"});
    }
    filter.before_id = request.query.get("cursor").value_or("").substr(0, 64);
    filter.limit = count_of(request.query, "limit", filter.limit);
    if (filter.limit < 1 || filter.limit > 200) errors.push_back({"limit", "is 1 to 200"});
    if (!filter.before_id.empty() && !base::is_uuid(filter.before_id)) {
      errors.push_back({"cursor", "is not one that this server gave out"});
    }
    if (!errors.empty()) co_return refused(base::invalid(std::move(errors)).error(), request);
    auto rows = co_await series_.list(who->workspace, filter);
    json::value next;
    if (rows.size() > filter.limit) {
      rows.resize(filter.limit);
      next = rows.back().id;
    }
    json::array items;
    for (const SeriesRow& row : rows) items.push_back(to_json(row));
    co_return http::json_response(
        json::object{{"items", std::move(items)}, {"next_cursor", std::move(next)}});
  }

  io::Task<Response> create(Request request) {
    auto who = accounts::principal(request, Role::editor);
    if (!who) co_return refused(who.error(), request);
    auto input = body_as_input(request, who->time_zone);
    if (!input) co_return refused(input.error(), request);
    co_return co_await answer(co_await series_.create(*who, std::move(*input)), request, 201);
  }

  io::Task<Response> preview(Request request) {
    auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return refused(who.error(), request);
    auto body = http::json_body(request);
    if (!body) co_return refused(body.error(), request);
    base::JsonReader in(*body);
    const json::object* repeat = in.optional_object("repeat");
    if (repeat == nullptr) in.error("repeat", "is missing");
    const auto count = in.optional_integer("count", 1, preview_max).value_or(preview_default);
    const std::string after = in.optional_text("after", {.max = 19}).value_or("");
    if (!after.empty() && (after.size() != 19 || !base::from_wall_time(after, "UTC"))) {
      in.error("after", "is not a wall time such as 2026-11-23T09:00:00");
    }
    if (auto ok = in.finish(); !ok) co_return refused(ok.error(), request);
    auto rule = read_recurrence(*repeat, who->time_zone);
    if (!rule) co_return refused(rule.error(), request);
    auto checked = co_await check_rule(std::move(*rule), clock_.now());
    if (!checked) co_return refused(checked.error(), request);
    const auto times = co_await times_of(*checked, after, static_cast<std::size_t>(count));
    co_return http::json_response(
        json::object{{"repeat", to_json(*checked)}, {"items", shown(times)}});
  }

  io::Task<Response> get(Request request) {
    auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return refused(who.error(), request);
    co_return co_await answer(co_await series_.get(who->workspace, request.param("id")), request);
  }

  // What is still to come, also beyond what are posts already.
  io::Task<Response> coming(Request request) {
    auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return refused(who.error(), request);
    const std::size_t count = count_of(request.query, "count", preview_default);
    if (count < 1 || count > preview_max) {
      co_return refused(base::invalid("count", fmt::format("is 1 to {}", preview_max)).error(),
                        request);
    }
    auto row = co_await series_.get(who->workspace, request.param("id"));
    if (!row) co_return refused(row.error(), request);
    co_return http::json_response(json::object{{"items", shown(co_await next_of(*row, count))}});
  }

  io::Task<Response> replace(Request request) {
    auto asked = change_asked(request, Role::editor);
    if (!asked) co_return refused(asked.error(), request);
    auto input = body_as_input(request, asked->who.time_zone);
    if (!input) co_return refused(input.error(), request);
    const std::string from(request.query.get("from").value_or("").substr(0, 32));
    co_return co_await answer(co_await series_.replace(asked->who, request.param("id"),
                                                       std::move(*input), from, asked->version),
                              request);
  }

  io::Task<Response> stop(Request request) {
    auto asked = change_asked(request, Role::editor);
    if (!asked) co_return refused(asked.error(), request);
    const std::string from(request.query.get("from").value_or("").substr(0, 32));
    co_return co_await answer(
        co_await series_.stop(asked->who, request.param("id"), from, asked->version), request);
  }

  io::Task<Response> approve(Request request) {
    auto asked = change_asked(request, Role::approver);
    if (!asked) co_return refused(asked.error(), request);
    co_return co_await answer(
        co_await series_.approve(asked->who, request.param("id"), asked->version), request);
  }

  io::Task<Response> reject(Request request) {
    auto asked = change_asked(request, Role::approver);
    if (!asked) co_return refused(asked.error(), request);
    auto body = http::json_body(request);
    if (!body) co_return refused(body.error(), request);
    auto reason = read_reason(*body);
    if (!reason) co_return refused(reason.error(), request);
    co_return co_await answer(
        co_await series_.reject(asked->who, request.param("id"), *reason, asked->version), request);
  }

  io::Task<Response> remove(Request request) {
    auto asked = change_asked(request, Role::editor);
    if (!asked) co_return refused(asked.error(), request);
    auto done = co_await series_.remove(asked->who, request.param("id"), asked->version);
    if (!done) co_return refused(done.error(), request);
    co_return http::no_content();
  }

 private:
  static base::Result<SeriesInput> body_as_input(const Request& request, std::string zone) {
    auto body = http::json_body(request);
    if (!body) return std::unexpected(body.error());
    return read_series_input(*body, std::move(zone));
  }

  io::Task<std::vector<OccurrenceTime>> next_of(SeriesRow row, std::size_t count) {
    if (row.state != SeriesState::active) co_return std::vector<OccurrenceTime>{};
    const Recurrence& rule = row.input.repeat;
    auto times = co_await times_of(rule, base::to_wall_time(clock_.now(), rule.time_zone), count);
    if (!row.stops.empty()) {
      std::erase_if(times, [&row](const OccurrenceTime& time) { return time.local >= row.stops; });
    }
    co_return times;
  }

  io::Task<Response> answer(base::Result<SeriesRow> row, Request request, int status = 200) {
    if (!row) co_return refused(row.error(), request);
    json::object body = to_json(*row);
    const auto next = co_await next_of(*row, 1);
    body["next"] = next.empty() ? json::value(nullptr) : json::value(to_json(next.front()));
    Response response = http::json_response(body, status);
    response.headers.set("ETag", fmt::format("\"{}\"", row->version));
    if (status == 201) response.headers.set("Location", "/api/series/" + row->id);
    co_return response;
  }

  Series& series_;
  const base::Clock& clock_;
};

}  // namespace

void bind_series(http::Router& router, Series& series, const base::Clock& clock) {
  auto api = std::make_shared<SeriesApi>(series, clock);
  auto to = [&api](io::Task<Response> (SeriesApi::*handler)(Request)) -> http::Handler {
    return [api, handler](Request request) { return (api.get()->*handler)(std::move(request)); };
  };
  router.get("/api/series", to(&SeriesApi::list));
  router.post("/api/series", to(&SeriesApi::create));
  router.post("/api/series/preview", to(&SeriesApi::preview));
  router.get("/api/series/{id}", to(&SeriesApi::get));
  router.put("/api/series/{id}", to(&SeriesApi::replace));
  router.del("/api/series/{id}", to(&SeriesApi::remove));
  router.get("/api/series/{id}/occurrences", to(&SeriesApi::coming));
  router.post("/api/series/{id}/stop", to(&SeriesApi::stop));
  router.post("/api/series/{id}/approve", to(&SeriesApi::approve));
  router.post("/api/series/{id}/reject", to(&SeriesApi::reject));
}

}  // namespace posts
