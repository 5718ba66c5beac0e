#include "networks/doubles/webhook.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"

#include <charconv>

namespace networks::doubles {
namespace {

constexpr std::chrono::minutes age_max{5};

http::Response refuse(int status, std::string words) {
  return http::json_response(json::object{{"error", std::move(words)}}, status);
}

}  // namespace

WebhookDouble::WebhookDouble(const base::Clock& clock, Keeps keeps) : clock_(clock), keeps_(keeps) {
  router_.filter(faults().filter([this](const auto& request) { return publishes(request); },
                                 [this](Fault fault, const auto&) {
                                   revoked_ = revoked_ || fault == Fault::revoke;
                                   return refuse(401, "who are you?");
                                 }));
  router_.post("/hook", [this](http::Request request) { return receive(std::move(request)); });
}

json::object WebhookDouble::settings(std::string origin) const {
  return {{"url", origin + "/hook"},
          {"secret", secret_},
          {"deduplicates", keeps_ == Keeps::each_key_once ? "yes" : "no"}};
}

bool WebhookDouble::publishes(const http::Request& request) const {
  return request.headers.get("X-SocialTrend-Event") == "post";
}

bool WebhookDouble::is_signed(const http::Request& request) const {
  const auto timestamp = request.headers.get("X-SocialTrend-Timestamp");
  std::int64_t seconds = 0;
  std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), seconds);
  const auto age = clock_.now() - base::from_micros(seconds * 1'000'000);
  if (age > age_max || age < -age_max) return false;
  const auto expected = base::hmac_sha256(secret_, std::string(timestamp) + "." + request.body);
  return base::equal_constant_time("sha256=" + base::hex(expected),
                                   request.headers.get("X-SocialTrend-Signature"));
}

io::Task<http::Response> WebhookDouble::receive(http::Request request) {
  if (revoked_ || !is_signed(request)) co_return refuse(401, "the signature is wrong");
  if (!publishes(request)) co_return http::no_content();
  const auto body = http::json_body(request);
  const std::string key(request.headers.get("Idempotency-Key"));
  if (!body || key.empty() || base::text_at(*body, "/id") != key)
    co_return refuse(400, "no such post");
  const bool is_new = keys_.insert(key).second;
  if (is_new || keeps_ == Keeps::every_request) {
    taken_.push_back({.id = key, .text = base::text_at(*body, "/parts/0/text"), .key = key});
  }
  co_return http::json_response(json::object{{"id", key}}, 201);
}

}  // namespace networks::doubles
