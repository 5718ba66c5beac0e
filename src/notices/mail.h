// E-mail by SMTP, through libcurl. The server is the operator's own, so its address is not held
// against the rules for addresses of strangers; credentials go over TLS only, unless the server is
// this machine.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "io/task.h"
#include "notices/settings.h"

#include <string>

namespace notices {

struct Mail {
  std::string to;
  std::string subject;
  std::string text;
  std::string message_id;   // without <>: the same for every try, so that a reader shows it once
  std::string unsubscribe;  // a URL; may be empty
};

// The message as it goes over the wire (RFC 5322, RFC 2047): nothing of `mail` can add a header.
std::string compose(const Mail& mail, const std::string& from, base::Instant now);

class Mailer {
 public:
  virtual ~Mailer() = default;
  virtual bool available() const = 0;
  // An error is worth another try; its message never holds credentials.
  virtual io::Task<base::Result<void>> send(Mail mail) = 0;
};

class SmtpMailer final : public Mailer {
 public:
  SmtpMailer(Settings settings, const base::Clock& clock);
  bool available() const override { return settings_.has_mail(); }
  io::Task<base::Result<void>> send(Mail mail) override;

 private:
  Settings settings_;
  const base::Clock& clock_;
};

}  // namespace notices
