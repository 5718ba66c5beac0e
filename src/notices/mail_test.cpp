#include "notices/mail.h"

#include "base/text.h"
#include "http/server_fixture.h"

#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace notices {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:00:00Z");

const Mail mail{.to = "ada@b.example",
                .subject = "Grüße\r\nBcc: x@y.example",
                .text = "Hallo Welt ☀",
                .message_id = "1@socialtrend.invalid",
                .unsubscribe = "https://our.example/stop"};

TEST(Mail, IsOneMessageWhateverIsInIt) {
  const std::string message = compose(mail, "us@b.example", noon);
  EXPECT_THAT(message, HasSubstr("Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n"));
  EXPECT_THAT(message, HasSubstr("Message-ID: <1@socialtrend.invalid>\r\n"));
  EXPECT_THAT(message, HasSubstr("List-Unsubscribe: <https://our.example/stop>\r\n"));
  EXPECT_THAT(message, Not(HasSubstr("Bcc:")));
  EXPECT_THAT(message, HasSubstr("=?UTF-8?B?"));
  const std::string body = message.substr(message.find("\r\n\r\n") + 4);
  EXPECT_EQ(base::from_base64(base::trim(body)), "Hallo Welt ☀");
}

TEST(Mail, LongSubjectsAreCutBetweenCharacters) {
  std::string subject;
  for (int n = 0; n < 200; ++n) subject += "ü";
  const std::string message =
      compose({.to = "a@b.example", .subject = subject}, "u@b.example", noon);
  std::string decoded;
  for (std::size_t at = message.find("=?UTF-8?B?"); at != std::string::npos;
       at = message.find("=?UTF-8?B?", at + 1)) {
    const std::string word = message.substr(at + 10, message.find("?=", at + 10) - at - 10);
    EXPECT_LE(word.size(), 63U);
    EXPECT_TRUE(base::is_utf8(base::from_base64(word)));
    decoded += base::from_base64(word);
  }
  EXPECT_THAT(decoded, ::testing::StartsWith("üüü"));
}

// A mail server as far as it matters; `verdict` answers the end of the message.
struct MailServer {
  explicit MailServer(std::string verdict)
      : peer([this, verdict](http::RawClient& client) { serve(client, verdict); }) {}

  void serve(http::RawClient& client, const std::string& verdict) {
    client.send("220 double\r\n");
    for (;;) {
      const std::string line = client.read_until("\r\n");
      if (line.empty()) return;
      const std::lock_guard lock(mutex);
      heard += line;
      if (line.starts_with("DATA")) {
        client.send("354 go on\r\n");
        heard += client.read_until("\r\n.\r\n");
        client.send(verdict + "\r\n");
      } else if (line.starts_with("QUIT")) {
        client.send("221 bye\r\n");
        return;
      } else {
        client.send("250 fine\r\n");
      }
    }
  }
  std::string all() {
    const std::lock_guard lock(mutex);
    return heard;
  }

  std::mutex mutex;
  std::string heard;
  http::ScriptedPeer peer;
};

io::Task<> send_into(Mailer& mailer, base::Result<void>& result) {
  result = co_await mailer.send(mail);
}

base::Result<void> send_over(const MailServer& server, const base::Clock& clock) {
  base::Result<void> result;
  SmtpMailer mailer({.smtp_url = fmt::format("smtp://127.0.0.1:{}", server.peer.port()),
                     .mail_from = "us@b.example"},
                    clock);
  io::run([&] { return send_into(mailer, result); });
  return result;
}

TEST(Mail, GoesOverSmtp) {
  const base::VirtualClock clock(noon);
  MailServer server("250 taken");
  EXPECT_TRUE(send_over(server, clock).has_value());
  EXPECT_THAT(server.all(), HasSubstr("MAIL FROM:<us@b.example>"));
  EXPECT_THAT(server.all(), HasSubstr("RCPT TO:<ada@b.example>"));
  EXPECT_THAT(server.all(), HasSubstr("Message-ID: <1@socialtrend.invalid>"));
}

TEST(Mail, ARefusalIsSaid) {
  const base::VirtualClock clock(noon);
  MailServer server("550 no such person");
  const auto sent = send_over(server, clock);
  ASSERT_FALSE(sent.has_value());
  EXPECT_THAT(sent.error().message, HasSubstr("mail server"));
}

}  // namespace
}  // namespace notices
