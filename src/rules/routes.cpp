#include "rules/routes.h"

#include "accounts/accounts.h"
#include "accounts/principal.h"

namespace rules {
namespace {

using accounts::Role;
using http::Request;
using http::Response;

constexpr std::size_t runs_shown = 100;
constexpr std::int64_t dry_days_max = 30;

json::value instant_or_null(const std::optional<base::Instant>& instant) {
  return instant ? json::value(base::format_rfc3339(*instant)) : json::value(nullptr);
}

json::object shown(const StoredRule& stored) {
  json::object object = to_json(stored.rule);
  object["id"] = stored.id;
  object["version"] = stored.version;
  object["acted"] = stored.acted;
  object["last_acted_at"] = instant_or_null(stored.last_acted);
  object["created_at"] = base::format_rfc3339(stored.created_at);
  object["updated_at"] = base::format_rfc3339(stored.updated_at);
  return object;
}

json::object to_json(const Run& run) {
  return {{"story", run.story},
          {"label", run.label},
          {"state", to_string(run.state)},
          {"reason", run.reason},
          {"post_id", run.post ? json::value(*run.post) : json::value(nullptr)},
          {"first_at", base::format_rfc3339(run.first_at)},
          {"at", base::format_rfc3339(run.at)}};
}

json::object to_json(const Engine::Would& would) {
  return {{"story", would.story.id},
          {"label", would.story.label},
          {"at", base::format_rfc3339(would.at)},
          {"would_act", !would.why_not.has_value()},
          {"reason", would.why_not.value_or("")},
          {"score", would.story.score},
          {"authors", would.story.authors},
          {"relevance", would.story.relevance},
          {"matched_by", would.story.matched_by}};
}

json::object page_of(json::array items) {
  return {{"items", std::move(items)}, {"next_cursor", nullptr}};
}

// Takes an integer that does not belong to the rule itself.
base::Result<std::optional<std::int64_t>> take_integer(json::object& body, std::string_view name,
                                                       std::int64_t max) {
  if (body.if_contains(name) == nullptr) return std::nullopt;
  json::object one{{name, body.at(name)}};
  body.erase(name);
  const json::value alone(std::move(one));
  base::JsonReader in(alone);
  const auto value = in.optional_integer(name, 1, max);
  if (auto good = in.finish(); !good) return std::unexpected(good.error());
  return value;
}

class RuleRoutes {
 public:
  explicit RuleRoutes(Services services) : services_(std::move(services)) {}

  io::Task<Response> list(Request request) {
    const auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    json::array items;
    for (const StoredRule& rule : co_await services_.store.list(who->workspace)) {
      items.push_back(shown(rule));
    }
    co_return http::json_response(page_of(std::move(items)));
  }

  io::Task<Response> get(Request request) {
    const auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto rule = co_await services_.store.get(who->workspace, request.param("id"));
    co_return answer(request, rule);
  }

  io::Task<Response> add(Request request) {
    const auto who = accounts::principal(request, Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    auto body = object_of(request);
    if (!body) co_return http::problem(body.error(), request.request_id);
    const auto rule = co_await read(*who, std::move(*body));
    if (!rule) co_return http::problem(rule.error(), request.request_id);
    const auto added = co_await services_.store.add(who->workspace, who->user, *rule);
    if (added) tell(*who, added->id);
    co_return answer(request, added, 201);
  }

  io::Task<Response> replace(Request request) {
    const auto who = accounts::principal(request, Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    auto body = object_of(request);
    if (!body) co_return http::problem(body.error(), request.request_id);
    const auto version = take_integer(*body, "version", INT64_MAX);
    if (!version) co_return http::problem(version.error(), request.request_id);
    const auto rule = co_await read(*who, std::move(*body));
    if (!rule) co_return http::problem(rule.error(), request.request_id);
    const auto changed = co_await services_.store.replace(who->workspace, who->user,
                                                          request.param("id"), *rule, *version);
    if (changed) tell(*who, changed->id);
    co_return answer(request, changed);
  }

  io::Task<Response> remove(Request request) {
    const auto who = accounts::principal(request, Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto removed = co_await services_.store.remove(who->workspace, request.param("id"));
    if (!removed) co_return http::problem(removed.error(), request.request_id);
    tell(*who, request.param("id"));
    co_return http::no_content();
  }

  io::Task<Response> runs(Request request) {
    const auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto rule = co_await services_.store.get(who->workspace, request.param("id"));
    if (!rule) co_return http::problem(rule.error(), request.request_id);
    json::array items;
    for (const Run& run : co_await services_.store.runs(rule->id, runs_shown)) {
      items.push_back(to_json(run));
    }
    co_return http::json_response(page_of(std::move(items)));
  }

  // The body is a rule, stored or not, and "days".
  io::Task<Response> dry_run(Request request) {
    const auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    auto body = object_of(request);
    if (!body) co_return http::problem(body.error(), request.request_id);
    const auto days = take_integer(*body, "days", dry_days_max);
    if (!days) co_return http::problem(days.error(), request.request_id);
    const auto rule = co_await read(*who, std::move(*body));
    if (!rule) co_return http::problem(rule.error(), request.request_id);
    const auto would = co_await services_.engine.dry_run(who->workspace, *rule,
                                                         std::chrono::days(days->value_or(7)));
    if (!would) co_return http::problem(would.error(), request.request_id);
    json::array items;
    std::int64_t acts = 0;
    for (const Engine::Would& each : *would) {
      if (!each.why_not) ++acts;
      items.push_back(to_json(each));
    }
    co_return http::json_response(json::object{{"items", std::move(items)}, {"would_act", acts}});
  }

 private:
  static base::Result<json::object> object_of(const Request& request) {
    auto body = http::json_body(request);
    if (!body) return std::unexpected(body.error());
    if (!body->is_object()) return base::invalid("body", "must be a JSON object");
    return std::move(body->get_object());
  }

  // Also that what it names is there.
  io::Task<base::Result<Rule>> read(accounts::Principal who, json::object body) {
    auto rule = read_rule(body, who.time_zone);
    if (!rule) co_return rule;
    if (!co_await services_.lists.get(who.workspace, rule->list)) {
      co_return base::invalid("watch_list_id", "is not a watch list of this workspace");
    }
    if (!rule->post) co_return rule;
    for (std::size_t index = 0; index < rule->post->accounts.size(); ++index) {
      if (co_await services_.accounts.get(who.workspace, rule->post->accounts[index])) continue;
      co_return base::invalid(fmt::format("post.account_ids[{}]", index),
                              "is not an account of this workspace");
    }
    co_return rule;
  }

  static Response answer(const Request& request, const base::Result<StoredRule>& rule,
                         int status = 200) {
    if (!rule) return http::problem(rule.error(), request.request_id);
    return http::json_response(shown(*rule), status);
  }

  void tell(const accounts::Principal& who, const std::string& id) const {
    if (services_.changed) services_.changed(who.workspace, {{"type", "rule"}, {"id", id}});
  }

  Services services_;
};

}  // namespace

void bind(http::Router& router, Services services) {
  auto routes = std::make_shared<RuleRoutes>(std::move(services));
  const auto to = [&routes](io::Task<Response> (RuleRoutes::*handler)(Request)) -> http::Handler {
    return [routes, handler](Request request) { return (*routes.*handler)(std::move(request)); };
  };
  router.get("/api/rules", to(&RuleRoutes::list));
  router.post("/api/rules", to(&RuleRoutes::add));
  router.post("/api/rules/dry-run", to(&RuleRoutes::dry_run));
  router.get("/api/rules/{id}", to(&RuleRoutes::get));
  router.put("/api/rules/{id}", to(&RuleRoutes::replace));
  router.del("/api/rules/{id}", to(&RuleRoutes::remove));
  router.get("/api/rules/{id}/runs", to(&RuleRoutes::runs));
}

}  // namespace rules
