#include "networks/mastodon/api.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/address.h"
#include "networks/fields.h"

namespace networks::mastodon {
namespace {

std::string words_of(const Answer& answer) {
  const auto body = answer ? base::parse_json(answer->body) : base::Result<json::value>(nullptr);
  if (!body) return "";
  for (const auto* place : {"/error", "/error/message", "/errors/detail", "/error_description",
                            "/message", "/detail"}) {
    if (auto words = base::text_at(*body, place); !words.empty()) return words;
  }
  return "";
}

// A repeat that was noticed: the post may be there, or be made at this moment.
bool is_known_key(int status, std::string_view words) {
  if (status == 409) return true;
  return (status == 400 || status == 422) &&
         (words.contains("idempotency") || words.contains("duplicate"));
}

}  // namespace

Server server_of(const Account& account) {
  return {.url = text_field(account.credentials, "server"),
          .token = text_field(account.credentials, "access_token")};
}

http::ClientRequest authorised(const Server& server, std::string method, std::string path) {
  http::ClientRequest request{.method = std::move(method), .url = server.url + path};
  request.headers.set("Authorization", "Bearer " + server.token);
  request.headers.set("Accept", "application/json");
  return request;
}

std::optional<Outcome> failure(const Answer& answer, base::Instant now) {
  const auto words = words_of(answer);
  auto outcome = failure_of(answer, {.label = "Mastodon", .now = now, .words = words});
  if (!answer || !outcome) return outcome;
  const auto lower = base::to_lower_ascii(words);
  if (answer->status == 403) {
    return AccountBroken{"Mastodon: " + words_or_status(words, answer->status)};
  }
  if (is_known_key(answer->status, lower)) {
    return Unknown{"Mastodon: the server has seen this post already"};
  }
  if (answer->status == 422 && lower.contains("processing")) {
    return RetryLater{.after = std::chrono::seconds(10),
                      .reason = "Mastodon: the server works on the media"};
  }
  return outcome;
}

std::optional<Published> published(const json::object& status) {
  const auto id = text_field(status, "id");
  if (id.empty()) return std::nullopt;
  auto url = web_address(text_field(status, "url"));
  if (url.empty()) url = web_address(text_field(status, "uri"));
  return Published{.remote_id = id, .url = url, .reference = {{"id", id}, {"url", url}}};
}

}  // namespace networks::mastodon
