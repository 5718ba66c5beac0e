#include "notices/mail.h"

#include "base/check.h"
#include "base/text.h"
#include "http/url.h"

#include <cstring>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

namespace notices {
namespace {

constexpr long timeout_seconds = 30;
constexpr long connect_timeout_seconds = 10;
constexpr std::size_t line_max = 76;
constexpr std::size_t subject_graphemes_max = 120;
constexpr std::size_t encoded_word_bytes = 45;  // becomes 60 of base64, within the 75 of RFC 2047

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : base::clean_utf8(text)) {
    line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return line;
}

// As encoded words, each of whole characters.
std::string header_text(std::string_view text) {
  const std::string line = base::truncate_graphemes(one_line(text), subject_graphemes_max);
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t end = std::min(line.size(), at + encoded_word_bytes);
    while (end < line.size() && (line[end] & 0xc0) == 0x80) --end;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base::base64(std::string_view(line).substr(at, end - at)) + "?=";
    at = end;
  }
  return out;
}

std::string body_lines(std::string_view text) {
  const std::string encoded = base::base64(text);
  std::string lines;
  for (std::size_t at = 0; at < encoded.size(); at += line_max) {
    lines += encoded.substr(at, line_max) + "\r\n";
  }
  return lines;
}

std::string mail_date(base::Instant now) {
  std::string date = base::format_http_date(now);
  return date.substr(0, date.size() - 3) + "+0000";  // instead of GMT
}

struct Upload {
  std::string text;
  std::size_t sent = 0;
};

std::size_t read_upload(char* into, std::size_t size, std::size_t count, void* given) {
  auto& upload = *static_cast<Upload*>(given);
  const std::size_t taken = std::min(size * count, upload.text.size() - upload.sent);
  std::memcpy(into, upload.text.data() + upload.sent, taken);
  upload.sent += taken;
  return taken;
}

std::size_t ignore_answer(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

bool is_this_machine(const std::string& url) {
  std::string_view host(url);
  host.remove_prefix(host.find("://") + 3);
  for (const std::string_view local : {"127.", "localhost", "[::1]"}) {
    if (host.starts_with(local)) return true;
  }
  return false;
}

// Blocks: for io::offload.
base::Result<void> deliver(Settings settings, std::string to, std::string message) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  CHECK(curl != nullptr);
  Upload upload{.text = std::move(message)};
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
      curl_slist_append(nullptr, ("<" + to + ">").c_str()), curl_slist_free_all);
  const std::string from = "<" + settings.mail_from + ">";
  const auto set = [&curl](CURLoption option, auto value) {
    CHECK(curl_easy_setopt(curl.get(), option, value) == CURLE_OK);
  };
  set(CURLOPT_URL, settings.smtp_url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT, timeout_seconds);
  set(CURLOPT_CONNECTTIMEOUT, connect_timeout_seconds);
  set(CURLOPT_MAIL_FROM, from.c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &read_upload);
  set(CURLOPT_READDATA, static_cast<void*>(&upload));
  set(CURLOPT_WRITEFUNCTION, &ignore_answer);
  const bool in_clear = settings.smtp_user.empty() || is_this_machine(settings.smtp_url);
  set(CURLOPT_USE_SSL, static_cast<long>(in_clear ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (!settings.smtp_user.empty()) {
    set(CURLOPT_USERNAME, settings.smtp_user.c_str());
    set(CURLOPT_PASSWORD, settings.smtp_password.c_str());
  }
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return {};
  long answer = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer);
  return base::fail(
      {.status = 502,
       .code = "mail",
       .message = fmt::format("The mail server did not take it: {}{}.", curl_easy_strerror(code),
                              answer == 0 ? "" : fmt::format(" ({})", answer))});
}

}  // namespace

std::string compose(const Mail& mail, const std::string& from, base::Instant now) {
  std::string message;
  const auto header = [&message](std::string_view name, const std::string& value) {
    message += fmt::format("{}: {}\r\n", name, value);
  };
  header("Date", mail_date(now));
  header("From", "SocialTrend Automator <" + one_line(from) + ">");
  header("To", "<" + one_line(mail.to) + ">");
  header("Subject", header_text(mail.subject));
  header("Message-ID", "<" + one_line(mail.message_id) + ">");
  header("Auto-Submitted", "auto-generated");
  if (!mail.unsubscribe.empty()) {
    header("List-Unsubscribe", "<" + one_line(mail.unsubscribe) + ">");
    header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
  }
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", "base64");
  return message + "\r\n" + body_lines(base::clean_utf8(mail.text));
}

SmtpMailer::SmtpMailer(Settings settings, const base::Clock& clock)
    : settings_(std::move(settings)), clock_(clock) {}

io::Task<base::Result<void>> SmtpMailer::send(Mail mail) {
  if (!available()) {
    co_return base::fail({.status = 409,
                          .code = "no_mail",
                          .message = "This server has no mail server (SMTP_URL)."});
  }
  std::string message = compose(mail, settings_.mail_from, clock_.now());
  co_return co_await io::offload(
      [settings = settings_, to = std::move(mail.to), message = std::move(message)] {
        return deliver(settings, to, message);
      });
}

}  // namespace notices
