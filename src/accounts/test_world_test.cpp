#include "accounts/test_world.h"

#include "base/text.h"

namespace accounts {
io::Task<std::expected<http::ClientResponse, http::TransportError>> ScriptedClient::send(
    http::ClientRequest request) {
  requests.push_back(std::move(request));
  if (answers.empty()) {
    co_return std::unexpected(http::TransportError{
        .sent = http::TransportError::Sent::not_sent, .code = "connect", .message = "nobody"});
  }
  http::ClientResponse answer = std::move(answers.front());
  answers.pop_front();
  co_return answer;
}

World::World(io::Executor executor, db::Database& database, Settings settings, std::string app_key)
    : clock(*base::parse_rfc3339("2026-11-23T09:00:00Z")),
      vault(base::Vault::parse(app_key).value()),
      services(std::move(executor), database, clock, vault, std::move(settings)) {
  services.public_url = "https://social.example";
  services.networks.http = &client;
  router.filter(make_authentication(services));
  router.filter(make_idempotency(database, clock, vault));
  bind(router, services);
}

io::Task<http::Response> Visitor::send(std::string method, std::string path, json::value body,
                                       http::Headers headers) {
  http::Request request;
  request.method = std::move(method);
  request.target = path;
  const std::size_t question = path.find('?');
  request.path = path.substr(0, question);
  if (question != std::string::npos) request.query = http::Query::parse(path.substr(question + 1));
  request.headers = std::move(headers);
  request.remote_address = address_;
  request.secure = true;
  request.request_id = "test";
  if (!body.is_null()) {
    request.body = json::serialize(body);
    request.headers.set("Content-Type", "application/json");
  }
  if (!bearer.empty()) {
    request.headers.set("Authorization", "Bearer " + bearer);
  } else if (!cookie.empty()) {
    request.headers.set("Cookie", "session=" + cookie);
  }
  if (!csrf.empty()) request.headers.set("X-CSRF-Token", csrf);
  http::Response response = co_await world_.ask(std::move(request));
  remember(response);
  co_return response;
}

void Visitor::remember(const http::Response& response) {
  const std::string_view set = response.headers.get("Set-Cookie");
  if (set.starts_with("session=")) cookie = set.substr(8, set.find(';') - 8);
  const std::string token = base::text_at(body_of(response), "/csrf_token");
  if (!token.empty()) csrf = token;
}

io::Task<http::Response> Visitor::register_as(std::string email, std::string invitation) {
  json::object body{{"name", email.substr(0, email.find('@'))},
                    {"email", email},
                    {"password", password_of_all},
                    {"time_zone", "Europe/Paris"}};
  if (!invitation.empty()) body["invitation"] = invitation;
  return post("/api/register", std::move(body));
}

io::Task<http::Response> Visitor::login(std::string email, std::string password) {
  return post("/api/login", json::object{{"email", email}, {"password", password}});
}

json::value body_of(const http::Response& response) {
  return base::parse_json(response.body).value_or(json::object{});
}

std::string code_of(const http::Response& response) {
  return base::text_at(body_of(response), "/code");
}

}  // namespace accounts
