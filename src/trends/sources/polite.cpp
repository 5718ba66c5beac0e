#include "trends/sources/polite.h"

#include "base/config.h"
#include "base/json.h"
#include "base/text.h"

#include <charconv>
#include <random>

namespace trends {
namespace {

constexpr std::chrono::seconds wait_max = std::chrono::hours{24};

std::optional<base::Instant> reset_time(std::string_view text, base::Instant now) {
  if (auto instant = base::parse_rfc3339(text)) return instant;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0 || number > 1'000'000'000'000) return {};
  // Small numbers are seconds from now, large ones a Unix time.
  if (number < 1'000'000'000) return now + std::chrono::seconds{number};
  return base::from_micros(number * 1'000'000);
}

[[noreturn]] void refuse(const http::ClientResponse& response, const std::string& host,
                         base::Instant now) {
  const auto wait = asked_to_wait(response, now);
  const std::string what = fmt::format("{} answered {}", host, response.status);
  if (response.status == 429 || response.status == 503 || wait.count() > 0) {
    throw AskedToWait(what, wait);
  }
  throw base::Unavailable(what);
}

}  // namespace

std::chrono::seconds asked_to_wait(const http::ClientResponse& response, base::Instant now) {
  auto wait = http::retry_after(response.headers, now);
  if (wait.count() == 0 && response.headers.get("X-RateLimit-Remaining") == "0") {
    if (auto reset = reset_time(response.headers.get("X-RateLimit-Reset"), now)) {
      wait = std::chrono::ceil<std::chrono::seconds>(*reset - now);
    }
  }
  return std::clamp(wait, std::chrono::seconds{0}, wait_max);
}

io::Task<http::ClientResponse> get(SourceContext context, Get request) {
  const std::string host = host_of(request.url);
  http::ClientRequest outgoing{.url = std::move(request.url),
                               .headers = std::move(request.headers)};
  outgoing.body_max = request.body_max;
  outgoing.redirects_max = request.redirects_are_answers ? 0 : request.redirects_max;
  auto answer = co_await context.http->send(std::move(outgoing));
  if (!answer) throw base::Unavailable(answer.error().message);
  const int status = answer->status;
  const bool success = status >= 200 && status < 300;
  const bool unchanged = status == 304;
  const bool redirect = request.redirects_are_answers && status >= 300 && status < 400;
  const bool gone = request.gone_is_an_answer && status == 410;
  if (!success && !unchanged && !redirect && !gone) refuse(*answer, host, context.clock->now());
  co_return std::move(*answer);
}

io::Task<json::value> get_json(SourceContext context, Get request) {
  const std::string host = host_of(request.url);
  auto answer = co_await get(context, std::move(request));
  auto value = base::parse_json(answer.body);
  if (!value) throw base::Unavailable(host + " sent something that is not JSON");
  co_return std::move(*value);
}

std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const auto at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  if (url.starts_with('[')) return std::string(url.substr(0, url.find(']') + 1));
  return std::string(url.substr(0, url.find(':')));
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::chrono::milliseconds duration_setting(const json::object& settings, std::string_view key,
                                           std::chrono::milliseconds fallback,
                                           std::chrono::milliseconds min,
                                           std::chrono::milliseconds max) {
  const auto given = base::parse_duration(text_setting(settings, key));
  return std::clamp(given.value_or(fallback), min, max);
}

void check_duration(const json::object& settings, std::string_view key,
                    std::vector<base::FieldError>& errors) {
  const std::string given = text_setting(settings, key);
  if (given.empty() || base::parse_duration(given)) return;
  errors.push_back({std::string(key), "must be a duration such as 30s, 5m or 1h"});
}

std::chrono::milliseconds with_jitter(std::chrono::milliseconds time) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const double factor = std::uniform_real_distribution<double>(0.75, 1.25)(random);
  return std::chrono::milliseconds{
      static_cast<std::int64_t>(static_cast<double>(time.count()) * factor)};
}

}  // namespace trends
