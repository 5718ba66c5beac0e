#include "notices/settings.h"

#include "accounts/people.h"

namespace notices {

void declare(base::Config& config, Settings& into) {
  config.text("SMTP_URL", into.smtp_url, "",
              "Mail server for notices: smtp://host:587 or smtps://host:465. Empty: no e-mail.");
  config.text("SMTP_USER", into.smtp_user, "", "Name to sign in with at the mail server.");
  config.secret("SMTP_PASSWORD", into.smtp_password, "Password at the mail server.");
  config.text("MAIL_FROM", into.mail_from, "", "Address that notices by e-mail come from.");
}

std::optional<std::string> problem_of(const Settings& settings) {
  if (!settings.has_mail()) return std::nullopt;
  if (!settings.smtp_url.starts_with("smtp://") && !settings.smtp_url.starts_with("smtps://")) {
    return "SMTP_URL: must begin with smtp:// or smtps://";
  }
  if (settings.smtp_url.find('@') != std::string::npos) {
    return "SMTP_URL: name and password belong into SMTP_USER and SMTP_PASSWORD";
  }
  if (!accounts::is_email(settings.mail_from)) {
    return "MAIL_FROM: must be an e-mail address when SMTP_URL is given";
  }
  return std::nullopt;
}

}  // namespace notices
