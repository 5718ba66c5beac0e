// Settings of people, sessions and account checks.
#pragma once

#include "base/config.h"

#include <chrono>
#include <string>

namespace accounts {

struct Settings {
  std::string registration = "invitation";  // or "open"
  std::chrono::milliseconds session_idle = std::chrono::days(7);
  std::chrono::milliseconds session_max = std::chrono::days(90);
  std::chrono::milliseconds invitation_ttl = std::chrono::days(7);
  std::chrono::milliseconds access_token_ttl = std::chrono::minutes(30);
  std::chrono::milliseconds account_check_every = std::chrono::hours(6);
  std::chrono::milliseconds audit_keep = std::chrono::days(365);
};

void declare(base::Config& config, Settings& into);

}  // namespace accounts
