#include "networks/answer.h"

#include "base/json.h"
#include "base/text.h"
#include "http/status.h"

#include <charconv>
#include <stdexcept>

namespace networks {
namespace {

using std::chrono::seconds;

constexpr std::size_t words_max = 300;
constexpr seconds wait_max{86'400};

Outcome of_transport(const http::TransportError& error, std::string_view label) {
  std::string reason = fmt::format("{}: {}", label, clean_words(error.message));
  if (error.sent == http::TransportError::Sent::maybe_sent) return Unknown{std::move(reason)};
  // Waiting does not mend an address that may not be connected to.
  if (error.code == "bad_url" || error.code == "blocked_address")
    return AccountBroken{std::move(reason)};
  return RetryLater{.reason = std::move(reason)};
}

// When the network gives no words of its own: what its number means.
std::string_view meaning_of(int status) {
  if (status >= 500) return "it had a problem of its own";
  switch (status) {
    case 401:
      return "it does not accept our access any more";
    case 403:
      return "it does not allow this";
    case 404:
    case 410:
      return "it has nothing at this address";
    case 408:
      return "it waited too long for us";
    case 413:
      return "it finds this too large";
    case 429:
      return "it asks us to slow down";
    default:
      return "it refused, and did not say why";
  }
}

std::optional<seconds> parse_reset(std::string_view text, base::Instant now) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && stop == end) {
    // Small numbers are a time to wait, large ones an instant since the epoch.
    if (number < 1'000'000) return seconds(number);
    return seconds(number) - std::chrono::floor<seconds>(now.time_since_epoch());
  }
  if (const auto instant = base::parse_rfc3339(text)) {
    return std::chrono::ceil<seconds>(*instant - now);
  }
  return std::nullopt;
}

}  // namespace

std::string words_or_status(std::string_view words, int status) {
  std::string cleaned = clean_words(words);
  // "Unauthorized" is the number once more.
  const bool says_nothing = base::equals_ignore_case(cleaned, http::reason_phrase(status));
  if (!cleaned.empty() && !says_nothing) return cleaned;
  return fmt::format("{}, error {}", meaning_of(status), status);
}

std::string clean_words(std::string_view text) {
  std::string cleaned = base::clean_utf8(text.substr(0, 4 * words_max));
  if (cleaned.find('<') != std::string::npos) cleaned = base::html_to_text(cleaned);
  std::string line;
  for (const char c : cleaned) {
    const bool space = c == '\n' || c == '\t' || c == ' ';
    if (space && (line.empty() || line.back() == ' ')) continue;
    line.push_back(space ? ' ' : c);
  }
  return base::truncate_graphemes(base::trim(line), words_max);
}

seconds wait_asked(const http::Headers& headers, base::Instant now) {
  if (const auto asked = http::retry_after(headers, now); asked.count() > 0) return asked;
  for (const auto* name : {"RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset"}) {
    if (!headers.has(name)) continue;
    if (const auto wait = parse_reset(base::trim(headers.get(name)), now)) {
      return std::clamp(*wait, seconds(1), wait_max);
    }
  }
  return seconds(0);
}

std::optional<Outcome> failure_of(const Answer& answer, AnswerContext context) {
  if (!answer) return of_transport(answer.error(), context.label);
  const int status = answer->status;
  if (status >= 200 && status < 300) return std::nullopt;
  const std::string words = words_or_status(context.words, status);
  const std::string reason = fmt::format("{}: {}", context.label, words);
  if (status == 429) {
    return RetryLater{.after = wait_asked(answer->headers, context.now), .reason = reason};
  }
  if (status == 401) return AccountBroken{reason};
  if (status >= 300 && status < 400) {
    return AccountBroken{
        fmt::format("{} answers with a redirect: connect it by its final address.", context.label)};
  }
  if (status == 408 || status < 300 || status >= 500) return Unknown{reason};
  std::string code =
      context.code.empty() ? fmt::format("http_{}", status) : clean_words(context.code);
  return Rejected{.code = std::move(code), .reason = words};
}

Prepared while_preparing(Outcome outcome) {
  if (auto* rejected = std::get_if<Rejected>(&outcome)) return std::move(*rejected);
  if (auto* later = std::get_if<RetryLater>(&outcome)) return std::move(*later);
  if (auto* broken = std::get_if<AccountBroken>(&outcome)) return std::move(*broken);
  return RetryLater{.reason = reason_of(outcome)};
}

base::Error while_connecting(const Outcome& outcome, std::string_view credential_field) {
  const std::string reason = reason_of(outcome);
  if (std::holds_alternative<AccountBroken>(outcome) || std::holds_alternative<Rejected>(outcome)) {
    return base::invalid(std::string(credential_field), reason).error();
  }
  base::Error error{.status = 502, .code = "network_unreachable", .message = reason};
  if (const auto* later = std::get_if<RetryLater>(&outcome)) {
    error.retry_after = static_cast<int>(later->after.count());
  }
  return error;
}

Network::Health while_testing(const Outcome& outcome) {
  return {.ok = false,
          .broken = std::holds_alternative<AccountBroken>(outcome),
          .message = reason_of(outcome)};
}

std::string reason_of(const Outcome& outcome) {
  return std::visit(
      [](const auto& value) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, Published>) {
          return "published";
        } else {
          return value.reason;
        }
      },
      outcome);
}

std::optional<json::object> object_of(const http::ClientResponse& response) {
  auto parsed = base::parse_json(response.body);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return std::move(parsed->get_object());
}

json::object thaw(const Frozen& frozen) {
  auto parsed = base::parse_json(frozen.payload);
  // Thrown, not CHECKed: one spoilt row must not keep every worker from starting.
  if (!parsed || !parsed->is_object())
    throw std::runtime_error("a frozen payload is no JSON object");
  return std::move(parsed->get_object());
}

}  // namespace networks
