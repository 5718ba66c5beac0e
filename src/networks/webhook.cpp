// A signed webhook: the post as JSON to an address of the user's own. For everything that has no
// connector.
//
//   X-SocialTrend-Event: post | ping
//   X-SocialTrend-Timestamp: seconds since the epoch
//   X-SocialTrend-Signature: sha256=hex(hmac-sha256(secret, timestamp + "." + body))
//   Idempotency-Key: the same for every try of one post
//
// There is no way to ask a receiver what it has. One that keeps a key only once can be sent to
// again; the person who connects it says whether it does.
#include "base/check.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/address.h"
#include "networks/answer.h"
#include "networks/fields.h"

namespace networks {
namespace {

About make_about() {
  return {.id = "webhook",
          .label = "Webhook",
          .color = "#5b6470",
          .retry = RetryClass::blind,
          .retry_note =
              "If an answer is lost, nobody can tell whether your receiver took the post: you are "
              "asked, "
              "unless you said that it keeps each Idempotency-Key only once.",
          .limits = {.unit = CountUnit::code_points,
                     .text_max = 100'000,
                     .media_max = 4,
                     .image_bytes_max = 2'000'000,
                     .alt_text_max = 10'000},
          .threads = Threads::one_request,
          .alt_text = true,
          .settings = {
              {.key = "url",
               .label = "Address",
               .help = "Where posts are sent to, as signed JSON.",
               .type = Setting::Type::url},
              {.key = "secret",
               .label = "Signing secret",
               .help = "With it your receiver can tell that a post is ours. Leave it empty for a "
                       "new one: it is shown "
                       "once.",
               .type = Setting::Type::secret,
               .required = false},
              {.key = "deduplicates",
               .label = "Receiver keeps each Idempotency-Key only once",
               .help = "yes or no. With yes, a post whose answer was lost is sent again by itself.",
               .required = false,
               .fallback = "no"}}};
}

http::ClientRequest signed_request(const Account& account, std::string event, std::string body,
                                   base::Instant now) {
  const auto timestamp =
      std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  const auto secret = text_field(account.credentials, "secret");
  http::ClientRequest request{.method = "POST", .url = text_field(account.credentials, "url")};
  request.headers.set("Content-Type", "application/json");
  request.headers.set("X-SocialTrend-Event", std::move(event));
  request.headers.set("X-SocialTrend-Timestamp", timestamp);
  request.headers.set("X-SocialTrend-Signature",
                      "sha256=" + base::hex(base::hmac_sha256(secret, timestamp + "." + body)));
  request.body = std::move(body);
  return request;
}

std::optional<Outcome> failure(const Answer& answer, base::Instant now) {
  auto outcome = failure_of(
      answer, {.label = "Webhook", .now = now, .words = answer ? answer->body : std::string()});
  if (!answer || !outcome) return outcome;
  // A receiver that does not let us in says so for every post; one that is gone as well.
  if (answer->status == 403 || answer->status == 404 || answer->status == 410) {
    return AccountBroken{reason_of(*outcome)};
  }
  // "See other" comes after the work.
  if (answer->status == 302 || answer->status == 303) {
    return Unknown{"Webhook: the receiver answers with a redirect"};
  }
  return outcome;
}

json::array parts_of(Content content) {
  json::array parts;
  for (auto& part : content.parts) {
    json::array media;
    for (auto& image : part.media) {
      media.push_back(json::object{{"content_type", image.content_type},
                                   {"alt_text", image.alt_text},
                                   {"width", image.width},
                                   {"height", image.height},
                                   {"base64", base::base64(image.bytes)}});
    }
    parts.push_back(json::object{{"text", part.text}, {"media", std::move(media)}});
  }
  return parts;
}

class Webhook final : public Network {
 public:
  const About& about() const override { return about_; }

  RetryClass retry_class(const Account& account) const override {
    return boolean_field(account.details, "deduplicates") ? RetryClass::safe_by_key
                                                          : RetryClass::blind;
  }

  io::Task<base::Result<Identity>> connect(Context context, json::object settings) const override {
    const auto checked = check_settings(about_.settings, settings);
    if (!checked) co_return std::unexpected(checked.error());
    const auto address = parse_address(text_field(*checked, "url"));
    if (!address || !address->scheme.starts_with("http")) {
      co_return base::invalid("url", "The address begins with https:// or http://.");
    }
    const auto deduplicates = base::to_lower_ascii(text_field(*checked, "deduplicates"));
    if (deduplicates != "yes" && deduplicates != "no")
      co_return base::invalid("deduplicates", "Give yes or no.");
    const auto given = text_field(*checked, "secret");
    if (!given.empty() && given.size() < 16) {
      co_return base::invalid("secret", "A secret has at least 16 characters.");
    }
    // The path may hold a secret of the receiver's, so it stays out of what is shown.
    Identity identity{.remote_id = base::hex(base::sha256(address->text())).substr(0, 32),
                      .handle = address->host,
                      .display_name = address->host,
                      .details = {{"host", address->host}, {"deduplicates", deduplicates == "yes"}},
                      .credentials = {{"url", address->text()},
                                      {"secret", given.empty() ? base::random_token() : given}}};
    if (given.empty()) identity.show_once = {"secret"};
    const Account account{.credentials = identity.credentials, .details = identity.details};
    if (const auto bad = co_await ping(context, account))
      co_return std::unexpected(while_connecting(*bad, "url"));
    co_return identity;
  }

  io::Task<Health> test(Context context, Account account) const override {
    if (const auto bad = co_await ping(context, account)) co_return while_testing(*bad);
    co_return Health{};
  }

  io::Task<Prepared> prepare(Context, Account account, Content content, Key key) const override {
    json::object body{{"event", "post"},
                      {"id", key.value},
                      {"created_at", base::format_rfc3339(key.created_at)},
                      {"account", account.id.value},
                      {"language", content.language}};
    body["parts"] = parts_of(std::move(content));
    co_return Frozen{
        json::serialize(json::object{{"key", key.value}, {"body", json::serialize(body)}})};
  }

  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override {
    const auto payload = thaw(frozen);
    const auto key = text_field(payload, "key");
    auto request =
        signed_request(account, "post", text_field(payload, "body"), context.clock->now());
    request.headers.set("Idempotency-Key", key);
    const auto answer = co_await context.http->send(std::move(request));
    if (auto bad = failure(answer, context.clock->now())) co_return std::move(*bad);
    // A receiver may tell where the post went; it need not.
    const auto said = object_of(*answer).value_or(json::object());
    Published done{.remote_id = clean_words(text_field(said, "id")), .reference = {{"key", key}}};
    if (done.remote_id.empty()) done.remote_id = key;
    const auto url = parse_address(text_field(said, "url"));
    if (url && url->scheme.starts_with("http")) done.url = url->text();
    co_return done;
  }

  io::Task<Found> find(Context, Account, Frozen) const override {
    co_return CannotKnow{"A webhook's receiver cannot be asked what it has."};
  }

 private:
  static io::Task<std::optional<Outcome>> ping(Context context, Account account) {
    const auto now = context.clock->now();
    const auto answer =
        co_await context.http->send(signed_request(account, "ping", R"({"event":"ping"})", now));
    co_return failure(answer, now);
  }

  const About about_ = make_about();
};

}  // namespace

std::unique_ptr<Network> make_webhook() { return std::make_unique<Webhook>(); }

}  // namespace networks
