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
#include "networks/mastodon/api.h"
#include "networks/mastodon/instance.h"
#include "networks/mastodon/lookup.h"
#include "networks/mastodon/media.h"

namespace networks {
namespace {

using mastodon::authorised;
using mastodon::failure;
using mastodon::Server;
using mastodon::server_of;

// Servers throw uploads away that no post has used for a day.
constexpr std::chrono::hours steps_life{12};

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

std::string primary_language(std::string_view tag) {
  const auto primary = base::to_lower_ascii(tag.substr(0, tag.find('-')));
  return primary.size() == 2 || primary.size() == 3 ? primary : "";
}

// How the account is called: a server may leave out the one name or the other.
std::string user_name(const json::object& profile) {
  for (const auto* field : {"username", "acct", "display_name"}) {
    const auto name = clean_words(text_field(profile, field));
    if (!name.empty()) return name.substr(0, name.find('@'));
  }
  return "";
}

class Mastodon final : public Network {
 public:
  const About& about() const override { return about_; }

  // What a server allows a person's programs, of whatever kind their requests are.
  std::vector<Budget> budgets(const Account&) const override {
    return {{.name = "posts in 5 minutes", .units = 300, .window = std::chrono::minutes{5}}};
  }

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
        // Two servers may share a host.
        .remote_id = id + "@" + address->origin().substr(address->scheme.size() + 3),
        .handle = "@" + user_name(*profile) + "@" + address->host,
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
    if (text_field(object_of(*answer).value_or(json::object()), "id").empty())
      co_return while_testing(Unknown{"Mastodon: the answer cannot be read"});
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
    Steps steps(context, content, steps_life);
    auto uploaded =
        co_await mastodon::upload_all(context, server_of(account), std::move(part.media), &steps);
    if (auto* not_yet = std::get_if<Prepared>(&uploaded)) co_return std::move(*not_yet);
    json::object body{{"status", part.text}};
    json::array media_ids;
    for (const auto& id : std::get<mastodon::MediaIds>(uploaded)) media_ids.emplace_back(id);
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
    auto done = status ? mastodon::published(*status) : std::nullopt;
    if (!done) co_return Unknown{"Mastodon: the answer cannot be read"};
    co_return std::move(*done);
  }

  io::Task<Found> find(Context context, Account account, Frozen frozen) const override {
    co_return co_await mastodon::look_up(context, std::move(account),
                                         mastodon::wanted_of(thaw(frozen)));
  }

 private:
  // What the newer document leaves out, the older one may have; a server without either takes what
  // Mastodon takes.
  static io::Task<std::expected<json::object, Outcome>> ask_instance(Context context,
                                                                     Server server) {
    json::object details;
    for (const auto* path : {"/api/v2/instance", "/api/v1/instance"}) {
      const auto answer = co_await context.http->send(authorised(server, "GET", path));
      if (!answer) co_return std::unexpected(*failure(answer, context.clock->now()));
      const auto instance = base::parse_json(answer->body);
      if (answer->status != 200 || !instance || !instance->is_object()) continue;
      auto told = mastodon::instance_details(*instance);
      for (auto& field : told) details.emplace(field.key(), std::move(field.value()));
      if (details.contains("max_characters")) break;
    }
    co_return details;
  }

  const About about_ = make_about();
};

}  // namespace

std::unique_ptr<Network> make_mastodon() { return std::make_unique<Mastodon>(); }

}  // namespace networks
