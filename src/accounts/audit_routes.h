// GET /api/audit: the audit trail, for admins.
#pragma once

#include "accounts/services.h"
#include "http/message.h"

namespace accounts {

class AuditRoutes {
 public:
  explicit AuditRoutes(Services& services) : services_(services) {}

  io::Task<http::Response> list(http::Request request);

 private:
  Services& services_;
};

}  // namespace accounts
