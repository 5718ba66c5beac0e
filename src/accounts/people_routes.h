// Routes of people: first-run setup, registration, sign-in and -out, profile, tokens.
#pragma once

#include "accounts/services.h"
#include "http/message.h"

namespace accounts {

class PeopleRoutes {
 public:
  explicit PeopleRoutes(Services& services) : services_(services) {}

  io::Task<http::Response> get_setup(http::Request request);
  io::Task<http::Response> register_person(http::Request request);
  io::Task<http::Response> login(http::Request request);
  io::Task<http::Response> logout(http::Request request);
  io::Task<http::Response> get_user(http::Request request);
  io::Task<http::Response> change_user(http::Request request);
  io::Task<http::Response> list_tokens(http::Request request);
  io::Task<http::Response> make_token(http::Request request);
  io::Task<http::Response> revoke_token(http::Request request);
  io::Task<http::Response> make_access_token(http::Request request);

 private:
  // Begins a session in the place of the one that the request came with.
  io::Task<http::Response> sign_in(http::Request request, Membership who, int status);

  Services& services_;
};

}  // namespace accounts
