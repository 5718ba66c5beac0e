// Routes of connected accounts and of the networks they can be on.
#pragma once

#include "accounts/services.h"
#include "http/message.h"

namespace accounts {

class AccountRoutes {
 public:
  explicit AccountRoutes(Services& services) : services_(services) {}

  io::Task<http::Response> list_networks(http::Request request);
  io::Task<http::Response> list(http::Request request);
  io::Task<http::Response> connect(http::Request request);
  io::Task<http::Response> get(http::Request request);
  io::Task<http::Response> set_paused(http::Request request);
  io::Task<http::Response> disconnect(http::Request request);
  io::Task<http::Response> test(http::Request request);

 private:
  // Into the audit trail.
  io::Task<> note(Principal who, std::string action, AccountView account);

  Services& services_;
};

}  // namespace accounts
