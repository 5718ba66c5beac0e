#include "accounts/settings.h"

namespace accounts {

void declare(base::Config& config, Settings& into) {
  using namespace std::chrono_literals;
  using std::chrono::days;
  config.choice("REGISTRATION", into.registration, "invitation", {"invitation", "open"},
                "Who may register after the first person: with an invitation only, or anyone.");
  config.duration("SESSION_IDLE", into.session_idle, days(7), 5min, days(90),
                  "A session that is not used for so long ends.");
  config.duration("SESSION_MAX", into.session_max, days(90), 5min, days(400),
                  "A session ends after so long, used or not.");
  config.duration("INVITATION_TTL", into.invitation_ttl, days(7), 5min, days(90),
                  "How long an invitation can be accepted.");
  config.duration("ACCESS_TOKEN_TTL", into.access_token_ttl, 30min, 1min, 24h,
                  "Life of the bearer tokens of POST /automation/token.");
  config.duration("ACCOUNT_CHECK_EVERY", into.account_check_every, 6h, 5min, days(7),
                  "How often each connected account is asked whether it still works.");
  config.duration("AUDIT_KEEP", into.audit_keep, days(365), days(1), days(3650),
                  "How long the audit trail remembers.");
}

}  // namespace accounts
