// GET /api/events: live events of a workspace as server-sent events (WHATWG HTML, section 9.2).
#pragma once

#include "accounts/services.h"
#include "http/message.h"

namespace accounts {

class EventRoutes {
 public:
  explicit EventRoutes(Services& services) : services_(services) {}

  io::Task<http::Response> stream(http::Request request);

 private:
  Services& services_;
};

}  // namespace accounts
