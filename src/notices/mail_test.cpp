#include "notices/mail.h"

#include "base/text.h"

#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
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

// A mail server as far as it matters, for one connection; `verdict` answers the end of the message.
class MailServer {
 public:
  explicit MailServer(std::string verdict)
      : acceptor_(loop_, {asio::ip::address_v4::loopback(), 0}),
        thread_([this, verdict] { serve(verdict); }) {}
  ~MailServer() {
    if (thread_.joinable()) thread_.join();
  }

  std::uint16_t port() { return acceptor_.local_endpoint().port(); }
  // All that the client said, once it has gone.
  const std::string& heard() {
    thread_.join();
    return heard_;
  }

 private:
  void serve(const std::string& verdict) {
    asio::ip::tcp::socket client = acceptor_.accept();
    const auto say = [&client](const std::string& line) {
      asio::write(client, asio::buffer(line + "\r\n"));
    };
    const auto hear = [this, &client](std::string_view end) {
      boost::system::error_code gone;
      const std::size_t size = asio::read_until(client, asio::dynamic_buffer(pending_), end, gone);
      const std::string heard = pending_.substr(0, size);
      pending_.erase(0, size);
      heard_ += heard;
      return heard;
    };
    say("220 double");
    for (std::string line = hear("\r\n"); !line.empty(); line = hear("\r\n")) {
      if (line.starts_with("DATA")) {
        say("354 go on");
        hear("\r\n.\r\n");
        say(verdict);
      } else {
        say(line.starts_with("QUIT") ? "221 bye" : "250 fine");
      }
    }
  }

  asio::io_context loop_;
  asio::ip::tcp::acceptor acceptor_;
  std::string pending_;
  std::string heard_;
  std::thread thread_;
};

io::Task<> send_into(Mailer& mailer, base::Result<void>& result) {
  result = co_await mailer.send(mail);
}

base::Result<void> send_over(MailServer& server, const base::Clock& clock) {
  base::Result<void> result;
  SmtpMailer mailer(
      {.smtp_url = fmt::format("smtp://127.0.0.1:{}", server.port()), .mail_from = "us@b.example"},
      clock);
  io::run([&] { return send_into(mailer, result); });
  return result;
}

TEST(Mail, GoesOverSmtp) {
  const base::VirtualClock clock(noon);
  MailServer server("250 taken");
  EXPECT_TRUE(send_over(server, clock).has_value());
  const std::string& heard = server.heard();
  EXPECT_THAT(heard, HasSubstr("MAIL FROM:<us@b.example>"));
  EXPECT_THAT(heard, HasSubstr("RCPT TO:<ada@b.example>"));
  EXPECT_THAT(heard, HasSubstr("Message-ID: <1@socialtrend.invalid>"));
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
