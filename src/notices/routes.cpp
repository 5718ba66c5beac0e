#include "notices/routes.h"

#include "accounts/principal.h"

#include <fmt/format.h>

namespace notices {
namespace {

using accounts::Role;
using http::Request;
using http::Response;

constexpr std::size_t listed_max = 50;

constexpr std::string_view question_page =
    "<!doctype html><meta charset=\"utf-8\"><meta name=\"robots\" content=\"noindex\">"
    "<title>Notices</title><p>No more notices to this address?</p>"
    "<form method=\"post\"><button>No more notices</button></form>";
constexpr std::string_view done_page =
    "<!doctype html><meta charset=\"utf-8\"><title>Notices</title>"
    "<p>There will be no more notices to this address.</p>";

json::array array_of(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

// The secret only where `with_secret`: right after it was made.
json::object to_json(const Channel& channel, bool with_secret) {
  json::object object{{"id", channel.id},
                      {"name", channel.input.name},
                      {"kind", to_string(channel.input.kind)},
                      {"destination", channel.input.destination},
                      {"about", array_of(channel.input.about)},
                      {"enabled", channel.input.enabled},
                      {"created_at", base::format_rfc3339(channel.created_at)},
                      {"updated_at", base::format_rfc3339(channel.updated_at)}};
  if (with_secret && !channel.input.secret.empty()) object["secret"] = channel.input.secret;
  return object;
}

json::object to_json(const Told& told) {
  json::array deliveries;
  for (const Delivery& delivery : told.deliveries) {
    deliveries.push_back(json::object{{"channel_id", delivery.channel},
                                      {"channel", delivery.channel_name},
                                      {"state", delivery.state},
                                      {"problem", delivery.problem}});
  }
  return {{"id", told.id},
          {"about", told.notice.about},
          {"title", told.notice.title},
          {"body", told.notice.body},
          {"link", told.notice.link},
          {"details", told.notice.details},
          {"at", base::format_rfc3339(told.at)},
          {"deliveries", std::move(deliveries)}};
}

class NoticeRoutes {
 public:
  explicit NoticeRoutes(Notices& notices) : notices_(notices) {}

  io::Task<Response> list(Request request) {
    const auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    json::array items;
    for (const Told& told : co_await notices_.list(who->workspace, listed_max)) {
      items.push_back(to_json(told));
    }
    co_return http::json_response(
        json::object{{"items", std::move(items)}, {"next_cursor", nullptr}});
  }

  io::Task<Response> channels(Request request) {
    const auto who = accounts::principal(request, Role::admin);
    if (!who) co_return http::problem(who.error(), request.request_id);
    json::array items;
    for (const Channel& channel : co_await notices_.channels().list(who->workspace)) {
      items.push_back(to_json(channel, false));
    }
    co_return http::json_response(json::object{{"items", std::move(items)},
                                               {"next_cursor", nullptr},
                                               {"email_available", notices_.has_mail()}});
  }

  io::Task<Response> add(Request request) {
    const auto who = accounts::principal(request, Role::admin);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto input = read(request);
    if (!input) co_return http::problem(input.error(), request.request_id);
    if (input->kind == ChannelKind::email && !notices_.has_mail()) {
      const auto refused =
          base::invalid("kind", "this server sends no e-mail: its operator must set SMTP_URL");
      co_return http::problem(refused.error(), request.request_id);
    }
    const auto added = co_await notices_.channels().add(who->workspace, *input);
    if (!added) co_return http::problem(added.error(), request.request_id);
    co_return http::json_response(to_json(*added, input->secret.empty()), 201);
  }

  io::Task<Response> replace(Request request) {
    const auto who = accounts::principal(request, Role::admin);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto input = read(request);
    if (!input) co_return http::problem(input.error(), request.request_id);
    const auto changed =
        co_await notices_.channels().replace(who->workspace, request.param("id"), *input);
    if (!changed) co_return http::problem(changed.error(), request.request_id);
    co_return http::json_response(to_json(*changed, false));
  }

  io::Task<Response> remove(Request request) {
    const auto who = accounts::principal(request, Role::admin);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto removed = co_await notices_.channels().remove(who->workspace, request.param("id"));
    if (!removed) co_return http::problem(removed.error(), request.request_id);
    co_return http::no_content();
  }

  io::Task<Response> test(Request request) {
    const auto who = accounts::principal(request, Role::admin);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const auto sent = co_await notices_.test(who->workspace, request.param("id"));
    if (!sent) co_return http::problem(sent.error(), request.request_id);
    co_return http::no_content();
  }

  // Programs that look at links beforehand must not end anything: GET only asks.
  io::Task<Response> ask_to_unsubscribe(Request) {
    co_return http::text_response(std::string(question_page), "text/html; charset=utf-8");
  }

  io::Task<Response> unsubscribe(Request request) {
    if (!co_await notices_.channels().unsubscribe(request.param("token"))) {
      co_return http::problem(base::not_found("There is no such address.").error(),
                              request.request_id);
    }
    co_return http::text_response(std::string(done_page), "text/html; charset=utf-8");
  }

 private:
  static base::Result<ChannelInput> read(const Request& request) {
    const auto body = http::json_body(request);
    if (!body) return std::unexpected(body.error());
    return read_channel(*body);
  }

  Notices& notices_;
};

}  // namespace

void bind(http::Router& router, Notices& notices) {
  auto routes = std::make_shared<NoticeRoutes>(notices);
  const auto to = [&routes](io::Task<Response> (NoticeRoutes::*handler)(Request)) -> http::Handler {
    return [routes, handler](Request request) { return (*routes.*handler)(std::move(request)); };
  };
  router.get("/api/notices", to(&NoticeRoutes::list));
  router.get("/api/notices/unsubscribe/{token}", to(&NoticeRoutes::ask_to_unsubscribe));
  router.post("/api/notices/unsubscribe/{token}", to(&NoticeRoutes::unsubscribe));
  router.get("/api/notice-channels", to(&NoticeRoutes::channels));
  router.post("/api/notice-channels", to(&NoticeRoutes::add));
  router.put("/api/notice-channels/{id}", to(&NoticeRoutes::replace));
  router.del("/api/notice-channels/{id}", to(&NoticeRoutes::remove));
  router.post("/api/notice-channels/{id}/test", to(&NoticeRoutes::test));
}

}  // namespace notices
