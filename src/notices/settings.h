// Settings of the mail server that notices are handed to; without SMTP_URL there are none by
// e-mail.
#pragma once

#include "base/config.h"

#include <optional>
#include <string>

namespace notices {

struct Settings {
  std::string smtp_url;  // smtp://host:587 or smtps://host:465
  std::string smtp_user;
  std::string smtp_password;
  std::string mail_from;

  bool has_mail() const { return !smtp_url.empty(); }
};

void declare(base::Config& config, Settings& into);
// What is wrong with them together, for a person; nothing when they can be used.
std::optional<std::string> problem_of(const Settings& settings);

}  // namespace notices
