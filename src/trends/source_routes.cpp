#include "trends/source_routes.h"

#include "base/json.h"

namespace trends {
namespace {

using http::Request;
using http::Response;

constexpr auto silent_after = std::chrono::seconds{30};
constexpr std::string_view nobody_reads =
    "No running process reads sources; is the automation role running?";

json::object shown_settings(const Source* source, const json::object& settings) {
  json::object shown = settings;
  if (source == nullptr) return {};
  for (const auto& setting : source->about().settings) {
    if (setting.type == networks::Setting::Type::secret) shown[setting.key] = "";
  }
  return shown;
}

json::value optional_time(const std::optional<base::Instant>& instant) {
  return instant ? json::value(base::format_rfc3339(*instant)) : json::value(nullptr);
}

// What the page shows of a source that may have no reader at all.
SourceStatus effective_status(const SourceView& view, const Source* source, base::Instant now) {
  SourceStatus status = view.status.value_or(SourceStatus{});
  if (source == nullptr) {
    status.state = SourceState::failing;
    status.message = "This server does not know this kind of source.";
  } else if (!view.row.enabled) {
    status.state = SourceState::off;
    status.message.clear();
    status.mentions_per_minute = 0;
    status.lag_seconds.reset();
  } else if (now - std::max(status.updated_at, view.row.created_at) > silent_after) {
    status.state = SourceState::waiting;
    status.message = nobody_reads;
    status.mentions_per_minute = 0;
  }
  return status;
}

json::object to_json(const SourceView& view, base::Instant now) {
  const Source* source = source_by_id(view.row.type);
  const SourceStatus status = effective_status(view, source, now);
  return {
      {"id", view.row.id},
      {"type", view.row.type},
      {"label", source != nullptr ? source->label(view.row.settings) : view.row.type},
      {"settings", shown_settings(source, view.row.settings)},
      {"enabled", view.row.enabled},
      {"state", to_string(status.state)},
      {"message", status.message},
      {"mentions", status.mentions},
      {"mentions_per_minute", status.mentions_per_minute},
      {"rejected", status.rejected},
      {"lag_seconds", status.lag_seconds ? json::value(*status.lag_seconds) : json::value(nullptr)},
      {"last_mention_at", optional_time(status.last_mention_at)},
      {"generated", source != nullptr && source->about().generated},
      {"weight", view.row.weight}};
}

// Absent, null (that of its type) or a number from 0 to 1.
std::optional<std::optional<double>> read_weight(base::JsonReader& in) {
  const auto weight = in.optional_number("weight", 0, 1);
  if (!weight && !in.is_null("weight")) return {};
  return std::optional<std::optional<double>>(std::in_place, weight);
}

json::object to_json(const SourceAbout& about) {
  return {{"id", about.id},
          {"label", about.label},
          {"help", about.help},
          {"settings", networks::to_json(about.settings)},
          {"on_by_default", about.on_by_default}};
}

class SourceRoutes {
 public:
  explicit SourceRoutes(Services& services) : services_(services) {}

  io::Task<Response> types(Request request) {
    const auto who = accounts::principal(request, accounts::Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    json::array items;
    for (const auto& source : all_sources()) items.push_back(to_json(source->about()));
    co_return http::json_response(json::object{{"items", std::move(items)}});
  }

  io::Task<Response> list(Request request) {
    const auto who = accounts::principal(request, accounts::Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    json::array items;
    for (const SourceView& view : co_await services_.sources.views()) {
      items.push_back(to_json(view, services_.clock.now()));
    }
    co_return http::json_response(
        json::object{{"items", std::move(items)}, {"next_cursor", nullptr}});
  }

  io::Task<Response> add(Request request) {
    const auto who = accounts::principal(request, accounts::Role::admin);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto body = http::json_body(request);
    if (!body) co_return http::problem(body.error(), request.request_id);
    base::JsonReader in(*body);
    const std::string type = in.text("type", {.min = 1, .max = 100});
    const json::object* settings = in.optional_object("settings");
    const bool enabled = in.optional_boolean("enabled").value_or(true);
    const auto weight = read_weight(in);
    if (auto ok = in.finish(); !ok) co_return http::problem(ok.error(), request.request_id);
    auto added =
        co_await services_.sources.add(type, settings != nullptr ? *settings : json::object{},
                                       enabled, weight.value_or(std::nullopt));
    if (!added) co_return http::problem(with_prefix(added.error()), request.request_id);
    co_await tell(who->workspace, added->row.id);
    co_return http::json_response(to_json(*added, services_.clock.now()), 201);
  }

  io::Task<Response> change(Request request) {
    const auto who = accounts::principal(request, accounts::Role::admin);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto body = http::json_body(request);
    if (!body) co_return http::problem(body.error(), request.request_id);
    base::JsonReader in(*body);
    const auto enabled = in.optional_boolean("enabled");
    const json::object* given = in.optional_object("settings");
    SourceChange change{.enabled = enabled, .weight = read_weight(in)};
    if (auto ok = in.finish(); !ok) co_return http::problem(ok.error(), request.request_id);
    if (given != nullptr) change.settings = *given;
    auto changed = co_await services_.sources.change(request.param("id"), std::move(change));
    if (!changed) co_return http::problem(with_prefix(changed.error()), request.request_id);
    co_await tell(who->workspace, changed->row.id);
    co_return http::json_response(to_json(*changed, services_.clock.now()));
  }

  io::Task<Response> remove(Request request) {
    const auto who = accounts::principal(request, accounts::Role::admin);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto removed = co_await services_.sources.remove(request.param("id"));
    if (!removed) co_return http::problem(removed.error(), request.request_id);
    co_await tell(who->workspace, request.param("id"));
    co_return http::no_content();
  }

  io::Task<Response> demonstration(Request request) {
    const auto who = accounts::principal(request, accounts::Role::admin);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto body = http::json_body(request);
    if (!body) co_return http::problem(body.error(), request.request_id);
    base::JsonReader in(*body);
    const auto enabled = in.optional_boolean("enabled");
    if (!enabled) in.error("enabled", "is needed: true or false");
    if (auto ok = in.finish(); !ok) co_return http::problem(ok.error(), request.request_id);
    const auto existing = co_await services_.sources.find_by_type("demonstration");
    auto source = existing
                      ? co_await services_.sources.change(existing->row.id, {.enabled = enabled})
                      : co_await services_.sources.add("demonstration", {}, *enabled);
    if (!source) co_return http::problem(source.error(), request.request_id);
    co_await tell(who->workspace, source->row.id);
    co_return http::json_response(to_json(*source, services_.clock.now()));
  }

 private:
  // Fields of a source's form are "settings.urls" for the client.
  static base::Error with_prefix(base::Error error) {
    for (base::FieldError& field : error.fields) {
      if (field.field != "type") field.field = "settings." + field.field;
    }
    return error;
  }

  io::Task<> tell(base::WorkspaceId workspace, std::string id) {
    services_.board.changed();
    if (services_.doors.look_soon) services_.doors.look_soon();
    if (services_.doors.source_changed) co_await services_.doors.source_changed(workspace, id);
  }

  Services& services_;
};

}  // namespace

void bind_sources(http::Router& router, Services& services) {
  const auto routes = std::make_shared<SourceRoutes>(services);
  const auto to = [routes](io::Task<Response> (SourceRoutes::*handler)(Request)) {
    return [routes, handler](Request request) { return (*routes.*handler)(std::move(request)); };
  };
  router.get("/api/source-types", to(&SourceRoutes::types));
  router.get("/api/sources", to(&SourceRoutes::list));
  router.post("/api/sources", to(&SourceRoutes::add));
  router.patch("/api/sources/{id}", to(&SourceRoutes::change));
  router.del("/api/sources/{id}", to(&SourceRoutes::remove));
  router.post("/api/sources/demonstration", to(&SourceRoutes::demonstration));
}

}  // namespace trends
