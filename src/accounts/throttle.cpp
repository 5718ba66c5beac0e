#include "accounts/throttle.h"

#include "base/crypto.h"

#include <boost/asio/ip/address.hpp>

namespace accounts {
namespace {

std::string key_of(std::string_view kind, std::string_view text) {
  return base::token_hash(fmt::format("{}:{}", kind, text));
}

}  // namespace

Throttle::Throttle(db::Database& database, const base::Clock& clock)
    : database_(database), clock_(clock) {}

io::Task<base::Result<void>> Throttle::admit(std::vector<Bound> bounds) {
  const base::Instant now = clock_.now();
  base::Duration wait{0};
  for (const Bound& bound : bounds) {
    const db::Rows counted = co_await database_.execute(
        "INSERT INTO attempt_counts (key, attempts, window_until) VALUES ($1, 1, $2) "
        "ON CONFLICT (key) DO UPDATE SET "
        "attempts = CASE WHEN attempt_counts.window_until <= $3 THEN 1 "
        "ELSE attempt_counts.attempts + 1 END, "
        "window_until = CASE WHEN attempt_counts.window_until <= $3 THEN $2 "
        "ELSE attempt_counts.window_until END "
        "RETURNING attempts, window_until",
        {bound.key, now + window, now});
    if (counted[0][0].integer() > bound.attempts_max) {
      wait = std::max(wait, counted[0][1].instant() - now);
    }
  }
  if (wait == base::Duration{0}) co_return base::Result<void>{};
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  co_return base::fail({.status = 429,
                        .code = "too_many_attempts",
                        .message = "Too many failed attempts. Wait before the next one.",
                        .retry_after = static_cast<int>(seconds)});
}

io::Task<> Throttle::forgive(std::vector<Bound> bounds) {
  for (const Bound& bound : bounds) {
    co_await database_.execute(
        "UPDATE attempt_counts SET attempts = attempts - 1 WHERE key = $1 AND attempts > 0",
        {bound.key});
  }
}

io::Task<> Throttle::prune() {
  co_await database_.execute("DELETE FROM attempt_counts WHERE window_until <= $1", {clock_.now()});
}

std::vector<Throttle::Bound> login_bounds(std::string_view email_key, std::string_view address) {
  const std::string group = address_group(address);
  return {{key_of("login-email-address", fmt::format("{} {}", group, email_key)), 10},
          {key_of("login-address", group), 30},
          {key_of("login-email", email_key), 100}};
}

std::vector<Throttle::Bound> register_bounds(std::string_view address) {
  return {{key_of("register-address", address_group(address)), 20}};
}

std::string address_group(std::string_view address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(std::string(address), error);
  if (error || !parsed.is_v6() || parsed.to_v6().is_v4_mapped()) return std::string(address);
  auto bytes = parsed.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace accounts
