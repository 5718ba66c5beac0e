#include "networks/doubles/slack.h"

#include "base/json.h"
#include "base/text.h"

namespace networks::doubles {
namespace {

constexpr std::string_view place = "/services/T0REHEARSE/B0REHEARSE/";
constexpr std::size_t text_max = 40'000;

http::Response say(int status, std::string words) {
  return http::text_response(std::move(words), "text/html", status);
}

http::Response too_many(std::chrono::seconds wait) {
  auto response = say(429, "rate_limited");
  response.headers.set("Retry-After", std::to_string(wait.count()));
  return response;
}

}  // namespace

SlackDouble::SlackDouble(const base::Clock& clock) : clock_(clock) {
  router_.filter(faults().filter([this](const auto& request) { return publishes(request); },
                                 [this](Fault, const auto&) {
                                   revoked_ = true;
                                   return say(404, "no_service");
                                 },
                                 too_many));
  router_.post("/services/{team}/{hook}/{token}",
               [this](http::Request request) { return receive(std::move(request)); });
}

json::object SlackDouble::settings(std::string origin) const {
  return {{"webhook_url", origin + std::string(place) + token_}, {"name", "#rehearsal"}};
}

bool SlackDouble::publishes(const http::Request& request) const {
  const auto body = http::json_body(request);
  return body && !base::text_at(*body, "/text").empty();
}

io::Task<http::Response> SlackDouble::receive(http::Request request) {
  if (revoked_ || !request.path.starts_with(place)) co_return say(404, "no_service");
  if (request.param("token") != token_) co_return say(403, "invalid_token");
  const auto body = http::json_body(request);
  if (!body || !body->is_object()) co_return say(400, "invalid_payload");
  auto text = base::text_at(*body, "/text");
  if (base::trim(text).empty()) co_return say(400, "no_text");
  if (!spend(messages_, clock_.now())) co_return too_many(std::chrono::seconds(1));
  if (base::count_utf16(text) > text_max) text = base::truncate_graphemes(text, text_max);
  // As readers see it.
  const auto id = std::to_string(taken_.size() + 1);
  taken_.push_back({.id = id, .text = base::html_to_text(text)});
  co_return say(200, "ok");
}

}  // namespace networks::doubles
