#include "posts/routes.h"

#include "accounts/principal.h"
#include "base/json.h"
#include "base/text.h"
#include "http/message.h"
#include "posts/input.h"
#include "posts/timeline.h"

#include <charconv>

#include <fmt/format.h>

namespace posts {

namespace {

using accounts::Principal;
using accounts::Role;
using http::Request;
using http::Response;

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Response refused(const base::Error& error, const Request& request) {
  return http::problem(error, request.request_id);
}

base::Result<PostFilter> filter_of(const http::Query& query) {
  PostFilter filter;
  std::vector<base::FieldError> errors;
  if (auto state = query.get("state"); state && !state->empty()) {
    filter.state = parse_post_state(*state);
    if (!filter.state) errors.push_back({"state", "is not a state of posts"});
  }
  auto instant = [&](std::string_view name) -> std::optional<base::Instant> {
    auto text = query.get(name);
    if (!text) return std::nullopt;
    auto value = base::parse_rfc3339(*text);
    if (!value) errors.push_back({std::string(name), "is not an RFC 3339 time"});
    return value;
  };
  filter.from = instant("from");
  filter.to = instant("to");
  if (query.get("from").has_value() != query.get("to").has_value()) {
    errors.push_back({"to", "`from` and `to` go together"});
  }
  const std::string_view search = query.get("q").value_or("");
  if (search.size() > 200) errors.push_back({"q", "is longer than 200 bytes"});
  filter.search = base::fold(base::trim(search.substr(0, 200)));
  filter.series = query.get("series_id").value_or("").substr(0, 200);
  filter.trend = query.get("trend_id").value_or("").substr(0, 200);
  filter.cursor = query.get("cursor").value_or("").substr(0, 200);
  if (auto limit = query.get("limit")) {
    filter.limit = number_of<std::size_t>(*limit).value_or(0);
    if (filter.limit < 1 || filter.limit > 200) errors.push_back({"limit", "is 1 to 200"});
  }
  if (!errors.empty()) return base::invalid(std::move(errors));
  return filter;
}

base::Result<std::optional<std::int64_t>> version_of(const http::Request& request) {
  std::string_view text = base::trim(request.headers.get("If-Match"));
  if (text.empty() || text == "*") return std::nullopt;
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  if (auto version = number_of<std::int64_t>(text)) return version;
  return base::fail({.status = 400,
                     .code = "bad_if_match",
                     .message = "If-Match is the version of the post, such as \"3\"."});
}

// One handler for each line of bind(); lives in the router.
class Api {
 public:
  Api(Posts& posts, Slots& slots, media::Media& media, accounts::Accounts& accounts,
      db::Database& database)
      : posts_(posts), slots_(slots), media_(media), accounts_(accounts), database_(database) {}

  io::Task<Response> list(Request request) {
    auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return refused(who.error(), request);
    auto filter = filter_of(request.query);
    if (!filter) co_return refused(filter.error(), request);
    auto page = co_await posts_.list(who->workspace, *filter);
    if (!page) co_return refused(page.error(), request);
    json::array items;
    for (const Post& post : page->posts) items.push_back(shown(post));
    json::value next;
    if (!page->next_cursor.empty()) next = page->next_cursor;
    co_return http::json_response(
        json::object{{"items", std::move(items)}, {"next_cursor", std::move(next)}});
  }

  io::Task<Response> get(Request request) {
    auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return refused(who.error(), request);
    co_return answer(co_await posts_.get(who->workspace, id_of(request)), request);
  }

  io::Task<Response> create(Request request) {
    auto who = accounts::principal(request, Role::editor);
    if (!who) co_return refused(who.error(), request);
    auto input = body_as_input(request);
    if (!input) co_return refused(input.error(), request);
    co_return answer(co_await posts_.create(*who, std::move(*input)), request, 201);
  }

  io::Task<Response> validate(Request request) {
    auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return refused(who.error(), request);
    auto input = body_as_input(request);
    if (!input) co_return refused(input.error(), request);
    std::optional<base::PostId> self;
    if (const auto id = request.query.get("post_id")) self = base::PostId{std::string(*id)};
    auto result = co_await posts_.validate(*who, std::move(*input), std::move(self));
    if (!result) co_return refused(result.error(), request);
    json::array checks;
    for (const Check& check : result->checked.checks) checks.push_back(to_json(check));
    json::value due;
    if (result->due_at) due = base::format_rfc3339(*result->due_at);
    co_return http::json_response(json::object{
        {"ok", result->ok}, {"due_at", std::move(due)}, {"checks", std::move(checks)}});
  }

  io::Task<Response> replace(Request request) {
    auto asked = change_asked(request, Role::editor);
    if (!asked) co_return refused(asked.error(), request);
    auto input = body_as_input(request);
    if (!input) co_return refused(input.error(), request);
    co_return answer(
        co_await posts_.replace(asked->who, id_of(request), std::move(*input), asked->version),
        request);
  }

  io::Task<Response> change(Request request) {
    auto asked = change_asked(request, Role::editor);
    if (!asked) co_return refused(asked.error(), request);
    auto body = http::json_body(request);
    if (!body) co_return refused(body.error(), request);
    auto change = read_post_change(*body);
    if (!change) co_return refused(change.error(), request);
    co_return answer(co_await posts_.change(asked->who, id_of(request), *change, asked->version),
                     request);
  }

  io::Task<Response> remove(Request request) {
    auto asked = change_asked(request, Role::editor);
    if (!asked) co_return refused(asked.error(), request);
    auto done = co_await posts_.remove(asked->who, id_of(request), asked->version);
    if (!done) co_return refused(done.error(), request);
    co_return http::no_content();
  }

  io::Task<Response> cancel(Request request) {
    return act(std::move(request), Role::editor, &Posts::cancel);
  }
  io::Task<Response> publish(Request request) {
    return act(std::move(request), Role::editor, &Posts::publish_now);
  }
  io::Task<Response> approve(Request request) {
    return act(std::move(request), Role::approver, &Posts::approve);
  }

  io::Task<Response> reject(Request request) {
    auto asked = change_asked(request, Role::approver);
    if (!asked) co_return refused(asked.error(), request);
    auto body = http::json_body(request);
    if (!body) co_return refused(body.error(), request);
    auto reason = read_reason(*body);
    if (!reason) co_return refused(reason.error(), request);
    co_return answer(co_await posts_.reject(asked->who, id_of(request), *reason, asked->version),
                     request);
  }

  io::Task<Response> timeline(Request request) {
    auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return refused(who.error(), request);
    auto entries = co_await posts_.timeline(who->workspace, id_of(request));
    if (!entries) co_return refused(entries.error(), request);
    json::array items;
    for (const TimelineEntry& entry : *entries) items.push_back(posts::to_json(entry));
    co_return http::json_response(json::object{{"items", std::move(items)}});
  }

  io::Task<Response> slots(Request request) {
    auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return refused(who.error(), request);
    std::optional<base::AccountId> account;
    if (auto id = request.query.get("account_id")) account = base::AccountId{std::string(*id)};
    json::array items;
    for (const Slot& slot : co_await slots_.list(who->workspace, account)) {
      items.push_back(posts::to_json(slot));
    }
    co_return http::json_response(
        json::object{{"items", std::move(items)}, {"next_cursor", nullptr}});
  }

  io::Task<Response> add_slot(Request request) {
    auto who = accounts::principal(request, Role::editor);
    if (!who) co_return refused(who.error(), request);
    auto body = http::json_body(request);
    if (!body) co_return refused(body.error(), request);
    auto time = read_slot_time(*body, who->time_zone);
    if (!time) co_return refused(time.error(), request);
    const base::AccountId account{base::text_at(*body, "/account_id")};
    auto view = co_await accounts_.get(who->workspace, account);
    if (!view) co_return refused(view.error(), request);
    auto slot = co_await slots_.add(who->workspace, account, std::move(*time));
    if (!slot) co_return refused(slot.error(), request);
    co_return http::json_response(posts::to_json(*slot), 201);
  }

  io::Task<Response> remove_slot(Request request) {
    auto who = accounts::principal(request, Role::editor);
    if (!who) co_return refused(who.error(), request);
    auto done = co_await slots_.remove(who->workspace, request.param("id"));
    if (!done) co_return refused(done.error(), request);
    co_return http::no_content();
  }

  io::Task<Response> next_slot(Request request) {
    auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return refused(who.error(), request);
    const base::AccountId account{std::string(request.query.get("account_id").value_or(""))};
    auto view = co_await accounts_.get(who->workspace, account);
    if (!view) co_return refused(view.error(), request);
    auto slot = co_await slots_.next(database_, account);
    if (!slot) co_return refused(slot.error(), request);
    co_return http::json_response(
        json::object{{"at", base::format_rfc3339(slot->at)},
                     {"local", base::to_wall_time(slot->at, slot->time_zone)},
                     {"time_zone", slot->time_zone}});
  }

 private:
  using Action = io::Task<base::Result<Post>> (Posts::*)(Principal, base::PostId, Posts::Version);

  io::Task<Response> act(Request request, Role needed, Action action) {
    auto asked = change_asked(request, needed);
    if (!asked) co_return refused(asked.error(), request);
    co_return answer(co_await (posts_.*action)(asked->who, id_of(request), asked->version),
                     request);
  }

  static base::PostId id_of(const Request& request) { return {request.param("id")}; }

  static base::Result<PostInput> body_as_input(const Request& request) {
    auto body = http::json_body(request);
    if (!body) return std::unexpected(body.error());
    return read_post_input(*body);
  }

  json::object shown(const Post& post) const {
    return posts::to_json(post, [this](const base::MediaId& id) { return media_.link(id); });
  }

  Response answer(const base::Result<Post>& post, const Request& request, int status = 200) const {
    if (!post) return refused(post.error(), request);
    Response response = http::json_response(shown(*post), status);
    response.headers.set("ETag", fmt::format("\"{}\"", post->version));
    if (status == 201) response.headers.set("Location", "/api/posts/" + post->id.value);
    return response;
  }

  Posts& posts_;
  Slots& slots_;
  media::Media& media_;
  accounts::Accounts& accounts_;
  db::Database& database_;
};

}  // namespace

base::Result<ChangeAsked> change_asked(const http::Request& request, accounts::Role role) {
  auto who = accounts::principal(request, role);
  if (!who) return std::unexpected(who.error());
  auto version = version_of(request);
  if (!version) return std::unexpected(version.error());
  return ChangeAsked{.who = std::move(*who), .version = *version};
}

void bind(http::Router& router, Posts& posts, Slots& slots, media::Media& media,
          accounts::Accounts& accounts, db::Database& database) {
  auto api = std::make_shared<Api>(posts, slots, media, accounts, database);
  auto to = [&api](io::Task<Response> (Api::*handler)(Request)) -> http::Handler {
    return [api, handler](Request request) { return (api.get()->*handler)(std::move(request)); };
  };
  router.get("/api/posts", to(&Api::list));
  router.post("/api/posts", to(&Api::create));
  router.post("/api/schedule", to(&Api::create));  // the older name
  router.post("/api/posts/validate", to(&Api::validate));
  router.get("/api/posts/{id}", to(&Api::get));
  router.put("/api/posts/{id}", to(&Api::replace));
  router.patch("/api/posts/{id}", to(&Api::change));
  router.del("/api/posts/{id}", to(&Api::remove));
  router.post("/api/posts/{id}/cancel", to(&Api::cancel));
  router.post("/api/posts/{id}/publish", to(&Api::publish));
  router.post("/api/posts/{id}/approve", to(&Api::approve));
  router.post("/api/posts/{id}/reject", to(&Api::reject));
  router.get("/api/posts/{id}/timeline", to(&Api::timeline));
  router.get("/api/slots", to(&Api::slots));
  router.post("/api/slots", to(&Api::add_slot));
  router.del("/api/slots/{id}", to(&Api::remove_slot));
  router.get("/api/slots/next", to(&Api::next_slot));
}

}  // namespace posts
