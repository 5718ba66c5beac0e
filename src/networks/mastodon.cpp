// Mastodon, and the servers that speak its API (GoToSocial, Pixelfed, Pleroma, Akkoma).
//
// Mastodon remembers an Idempotency-Key for an hour, but only from when it is done with a post: a
// second send that meets the first one at work, or comes after a failure in between, doubles. The
// others know no keys, or refuse a repeated one. So the key is sent, and not relied on: a lost
// answer is looked up in the account's own list (class B).
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/address.h"
#include "networks/answer.h"
#include "networks/fields.h"
#include "networks/mastodon/instance.h"
#include "networks/mastodon/lookup.h"
#include "networks/mastodon/media.h"

namespace networks {
namespace {

using mastodon::Server;
using std::chrono::minutes;

constexpr minutes clock_skew{2};
constexpr int pages_max = 5;

About make_about() {
  return {
      .id = "mastodon",
      .label = "Mastodon",
      .color = "#6364ff",
      .retry = RetryClass::safe_by_lookup,
      .retry_note =
          "If an answer is lost, the post is looked up among your own posts before it is sent "
          "again.",
      .limits = {.unit = CountUnit::mastodon,
                 .text_max = 500,
                 .url_length = 23,
                 .media_max = 4,
                 .image_bytes_max = 16 * 1024 * 1024,
                 .image_pixels_max = 33'177'600,
                 .alt_text_max = 1500,
                 .media_types = {"image/jpeg", "image/png", "image/gif", "image/webp"}},
      .threads = Threads::part_by_part,
      .alt_text = true,
      .settings = {
          {.key = "server",
           .label = "Server",
           .help = "The address of your server, for example https://mastodon.social.",
           .type = Setting::Type::url},
          {.key = "access_token",
           .label = "Access token",
           .help = "On your server open Preferences, Development, New application; allow profile, "
                   "read:statuses, write:statuses and write:media, and copy the access token.",
           .type = Setting::Type::secret},
          {.key = "visibility",
           .label = "Who can see the posts",
           .help = "public, unlisted or private (followers only).",
           .required = false,
           .fallback = "public"}}};
}

Server server_of(const Account& account) {
  return {.url = text_field(account.credentials, "server"),
          .token = text_field(account.credentials, "access_token")};
}

http::ClientRequest authorised(const Server& server, std::string method, std::string path) {
  http::ClientRequest request{.method = std::move(method), .url = server.url + path};
  request.headers.set("Authorization", "Bearer " + server.token);
  return request;
}

// Network's own words, and what they mean where the status alone does not tell.
std::optional<Outcome> failure(const Answer& answer, base::Instant now) {
  std::string words;
  if (answer) {
    if (const auto body = object_of(*answer)) words = text_field(*body, "error");
  }
  auto outcome = failure_of(answer, {.label = "Mastodon", .now = now, .words = words});
  if (!answer || !outcome) return outcome;
  const auto lower = base::to_lower_ascii(words);
  if (answer->status == 403) return AccountBroken{"Mastodon: " + clean_words(words)};
  // Pixelfed: this key was used, so the post may be there.
  if (answer->status == 400 && lower.find("duplicate idempotency key") != std::string::npos) {
    return Unknown{"Mastodon: the server has seen this key already"};
  }
  if (answer->status == 422 && lower.find("finished processing") != std::string::npos) {
    return RetryLater{.after = std::chrono::seconds(10),
                      .reason = "Mastodon: the server works on the media"};
  }
  return outcome;
}

std::string primary_language(std::string_view tag) {
  const auto primary = base::to_lower_ascii(tag.substr(0, tag.find('-')));
  return primary.size() == 2 || primary.size() == 3 ? primary : "";
}

// What a server calls an address may be anything; only one that is safe to show as a link stays.
std::string web_address(std::string_view text) {
  const auto address = parse_address(text);
  return address && address->scheme.starts_with("http") ? address->text() : "";
}

std::optional<Published> published(const json::object& status) {
  const auto id = text_field(status, "id");
  if (id.empty()) return std::nullopt;
  auto url = text_field(status, "url");
  if (url.empty()) url = text_field(status, "uri");
  url = web_address(url);
  return Published{.remote_id = id, .url = url, .reference = {{"id", id}, {"url", url}}};
}

mastodon::Wanted wanted_of(const json::object& payload) {
  const auto& body = payload.at("body").get_object();
  mastodon::Wanted wanted{
      .fingerprint = mastodon::fingerprint_of_plain(text_field(body, "status")),
      .in_reply_to = text_field(body, "in_reply_to_id"),
      .not_before = base::from_micros(integer_field(payload, "created_at")) - clock_skew};
  if (const auto* ids = array_field(body, "media_ids"); ids != nullptr) {
    for (const auto& id : *ids) wanted.media_ids.emplace_back(std::string_view(id.get_string()));
  }
  return wanted;
}

class Mastodon final : public Network {
 public:
  const About& about() const override { return about_; }

  Limits limits(const Account& account) const override {
    return mastodon::limits_of(account.details, about_.limits);
  }

  io::Task<base::Result<Identity>> connect(Context context, json::object settings) const override {
    const auto checked = check_settings(about_.settings, settings);
    if (!checked) co_return std::unexpected(checked.error());
    const auto address = parse_address(text_field(*checked, "server"));
    if (!address || !address->scheme.starts_with("http")) {
      co_return base::invalid("server", "The server's address begins with https://.");
    }
    const auto visibility = text_field(*checked, "visibility");
    if (visibility != "public" && visibility != "unlisted" && visibility != "private") {
      co_return base::invalid("visibility", "Give public, unlisted or private.");
    }
    // People paste the address of their profile: only its server counts.
    const Server server{.url = address->origin(), .token = text_field(*checked, "access_token")};
    const auto answer = co_await context.http->send(
        authorised(server, "GET", "/api/v1/accounts/verify_credentials"));
    if (const auto bad = failure(answer, context.clock->now())) {
      co_return std::unexpected(while_connecting(*bad, "access_token"));
    }
    const auto profile = object_of(*answer);
    const auto id = profile ? text_field(*profile, "id") : "";
    if (id.empty()) {
      co_return base::invalid("server", "This server does not speak the Mastodon API.");
    }
    auto details = co_await ask_instance(context, server);
    if (!details) co_return std::unexpected(while_connecting(details.error(), "server"));
    (*details)["account_id"] = id;
    (*details)["server"] = server.url;
    co_return Identity{
        .remote_id = id + "@" + address->host,
        .handle = "@" + clean_words(text_field(*profile, "username")) + "@" + address->host,
        .display_name = clean_words(text_field(*profile, "display_name")),
        .url = web_address(text_field(*profile, "url")),
        .avatar_url = web_address(text_field(*profile, "avatar")),
        .details = std::move(*details),
        .credentials = {
            {"server", server.url}, {"access_token", server.token}, {"visibility", visibility}}};
  }

  io::Task<Health> test(Context context, Account account) const override {
    const auto server = server_of(account);
    const auto answer = co_await context.http->send(
        authorised(server, "GET", "/api/v1/accounts/verify_credentials"));
    if (const auto bad = failure(answer, context.clock->now())) co_return while_testing(*bad);
    Health health;
    if (auto details = co_await ask_instance(context, server)) {
      health.details = account.details;
      for (auto& field : *details) health.details[field.key()] = std::move(field.value());
    }
    co_return health;
  }

  io::Task<Prepared> prepare(Context context, Account account, Content content,
                             Key key) const override {
    CHECK(content.parts.size() == 1);
    auto& part = content.parts.front();
    json::object body{{"status", part.text}};
    json::array media_ids;
    for (auto& image : part.media) {
      auto id = co_await mastodon::upload(context, server_of(account), std::move(image));
      if (!id) co_return while_preparing(std::move(id.error()));
      media_ids.emplace_back(*id);
    }
    if (!media_ids.empty()) body["media_ids"] = std::move(media_ids);
    if (content.reply_to) body["in_reply_to_id"] = text_field(*content.reply_to, "id");
    if (const auto language = primary_language(content.language); !language.empty()) {
      body["language"] = language;
    }
    const auto visibility = text_field(account.credentials, "visibility");
    body["visibility"] = visibility.empty() ? "public" : visibility;
    co_return Frozen{json::serialize(json::object{{"key", key.value},
                                                  {"created_at", base::to_micros(key.created_at)},
                                                  {"body", std::move(body)}})};
  }

  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override {
    const auto payload = thaw(frozen);
    auto request = authorised(server_of(account), "POST", "/api/v1/statuses");
    request.headers.set("Content-Type", "application/json");
    request.headers.set("Idempotency-Key", text_field(payload, "key"));
    request.body = json::serialize(payload.at("body"));
    const auto answer = co_await context.http->send(std::move(request));
    if (auto bad = failure(answer, context.clock->now())) co_return std::move(*bad);
    const auto status = object_of(*answer);
    auto done = status ? published(*status) : std::nullopt;
    if (!done) co_return Unknown{"Mastodon: the answer cannot be read"};
    co_return std::move(*done);
  }

  io::Task<Found> find(Context context, Account account, Frozen frozen) const override {
    co_return co_await look_up(context, std::move(account), wanted_of(thaw(frozen)));
  }

 private:
  static io::Task<std::expected<json::object, Outcome>> ask_instance(Context context,
                                                                     Server server) {
    std::optional<Outcome> bad;
    for (const auto* path : {"/api/v2/instance", "/api/v1/instance"}) {
      const auto answer = co_await context.http->send(authorised(server, "GET", path));
      bad = failure(answer, context.clock->now());
      if (bad) continue;
      if (const auto instance = base::parse_json(answer->body); instance && instance->is_object()) {
        co_return mastodon::instance_details(*instance);
      }
      bad = Rejected{.code = "malformed", .reason = "This server does not speak the Mastodon API."};
    }
    co_return std::unexpected(std::move(*bad));
  }

  // Reads the account's own posts back to the time of the first try.
  static io::Task<Found> look_up(Context context, Account account, mastodon::Wanted wanted) {
    const auto server = server_of(account);
    const auto path = "/api/v1/accounts/" +
                      base::url_encode(text_field(account.details, "account_id")) +
                      "/statuses?limit=40&exclude_reblogs=true";
    std::string older_than;
    for (int page = 0; page < pages_max; ++page) {
      const auto from = older_than.empty() ? "" : "&max_id=" + base::url_encode(older_than);
      const auto answer = co_await context.http->send(authorised(server, "GET", path + from));
      if (const auto bad = failure(answer, context.clock->now())) {
        co_return CannotKnow{.reason = reason_of(*bad), .try_again = true};
      }
      const auto parsed = base::parse_json(answer->body);
      if (!parsed || !parsed->is_array()) {
        co_return CannotKnow{.reason = "Mastodon: the list of posts cannot be read",
                             .try_again = true};
      }
      const auto& statuses = parsed->get_array();
      for (const auto& status : statuses) {
        if (!mastodon::matches(status, wanted)) continue;
        if (auto there = published(status.get_object())) co_return std::move(*there);
      }
      if (statuses.empty()) co_return NotThere{};
      const auto oldest = base::parse_rfc3339(base::text_at(statuses.back(), "/created_at"));
      if (!oldest)
        co_return CannotKnow{.reason = "Mastodon: the list of posts cannot be read",
                             .try_again = true};
      if (*oldest < wanted.not_before) co_return NotThere{};
      older_than = base::text_at(statuses.back(), "/id");
    }
    co_return CannotKnow{
        "Mastodon: the account has posted too much since for the post to be looked up"};
  }

  const About about_ = make_about();
};

}  // namespace

std::unique_ptr<Network> make_mastodon() { return std::make_unique<Mastodon>(); }

}  // namespace networks
