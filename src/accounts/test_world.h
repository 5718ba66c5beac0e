// For tests only: this module on a fresh database, with its routes and filters, and a visitor who
// asks them as a browser or a script does.
#pragma once

#include "accounts/authentication.h"
#include "accounts/idempotency.h"
#include "accounts/routes.h"
#include "accounts/services.h"
#include "base/json.h"

#include <deque>
#include <expected>
#include <string>

namespace accounts {

// Answers what it is told to, in order; counts what was asked.
class ScriptedClient final : public http::Client {
 public:
  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest request) override;

  std::deque<http::ClientResponse> answers;
  std::vector<http::ClientRequest> requests;
};

struct World {
  World(io::Executor executor, db::Database& database, Settings settings = {},
        std::string app_key = base::Vault::make_key());

  io::Task<http::Response> ask(http::Request request) { return router.handle(std::move(request)); }

  base::VirtualClock clock;
  base::Vault vault;
  ScriptedClient client;
  Services services;
  http::Router router;
};

// A cookie jar, a CSRF token, perhaps a bearer token.
class Visitor {
 public:
  explicit Visitor(World& world, std::string address = "192.0.2.1")
      : world_(world), address_(std::move(address)) {}

  io::Task<http::Response> send(std::string method, std::string path, json::value body = nullptr,
                                http::Headers headers = {});
  io::Task<http::Response> get(std::string path) { return send("GET", std::move(path)); }
  io::Task<http::Response> post(std::string path, json::value body = json::object{}) {
    return send("POST", std::move(path), std::move(body));
  }
  // Registers and stays signed in.
  io::Task<http::Response> register_as(std::string email, std::string invitation = "");
  io::Task<http::Response> login(std::string email, std::string password = password_of_all);

  static constexpr const char* password_of_all = "correct horse battery";

  std::string cookie;
  std::string csrf;
  std::string bearer;

 private:
  void remember(const http::Response& response);

  World& world_;
  std::string address_;
};

json::value body_of(const http::Response& response);
std::string code_of(const http::Response& response);  // of a problem

}  // namespace accounts
