// X (Twitter), API v2 with OAuth 2.0 tokens of a user.
//
// X knows no keys of ours. It refuses the same words twice for some time, but says nothing of which
// post has them; so a lost answer, and such a refusal, are looked up among the account's latest
// posts (class B).
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/answer.h"
#include "networks/fields.h"
#include "networks/server.h"
#include "networks/x/lookup.h"
#include "networks/x/media.h"

namespace networks {
namespace {

// X throws uploads away after a day.
constexpr std::chrono::hours steps_life{20};
constexpr std::int64_t long_text_max = 25'000;

std::vector<Setting> make_settings() {
  return {{.key = "client_id",
           .label = "Client ID",
           .help = "Of your app at developer.x.com: Keys and tokens, OAuth 2.0."},
          {.key = "client_secret",
           .label = "Client secret",
           .help = "Only for an app of the type Web App; leave it empty for a native app.",
           .type = Setting::Type::secret,
           .required = false},
          {.key = "access_token",
           .label = "Access token",
           .help = "A fresh one (OAuth 2.0, user context) with tweet.read, tweet.write, "
                   "users.read, media.write and offline.access.",
           .type = Setting::Type::secret},
          {.key = "refresh_token",
           .label = "Refresh token",
           .help = "Given together with the access token. From now on only this program may use "
                   "it: X takes each one once.",
           .type = Setting::Type::secret},
          {.key = "long_posts",
           .label = "Longer posts",
           .help = "yes or no. With yes, posts of up to 25,000 characters: for Premium accounts.",
           .required = false,
           .fallback = "no"},
          server_setting("https://api.x.com")};
}

About make_about() {
  return {.id = "x",
          .label = "X",
          .color = "#14171a",
          .retry = RetryClass::safe_by_lookup,
          .retry_note =
              "If an answer is lost, your latest posts are looked through before it is sent again; "
              "X charges for every post that is read.",
          .limits = {.unit = CountUnit::weighted,
                     .text_max = 280,
                     .url_length = 23,
                     .media_max = 4,
                     .image_bytes_max = 5'000'000,
                     .alt_text_max = 1000,
                     .media_types = {"image/jpeg", "image/png", "image/webp", "image/gif"}},
          .threads = Threads::part_by_part,
          .alt_text = true,
          .settings = make_settings()};
}

class X final : public Network {
 public:
  const About& about() const override { return about_; }

  Limits limits(const Account& account) const override {
    auto limits = about_.limits;
    if (text_field(account.details, "long_posts") == "yes") limits.text_max = long_text_max;
    return limits;
  }

  std::vector<Budget> budgets(const Account&) const override {
    return {{.name = "posts in 15 minutes", .units = 100, .window = std::chrono::minutes(15)}};
  }

  std::vector<base::FieldError> check(const std::vector<PartDraft>& parts,
                                      const Limits& limits) const override {
    auto errors = Network::check(parts, limits);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto is_gif = [](const MediaInfo& media) { return media.content_type == "image/gif"; };
      if (parts[i].media.size() > 1 && std::ranges::any_of(parts[i].media, is_gif)) {
        errors.push_back({fmt::format("parts[{}].media", i),
                          "X takes one GIF, or up to four pictures, not both."});
      }
    }
    return errors;
  }

  io::Task<base::Result<Identity>> connect(Context context, json::object settings) const override {
    auto checked = check_settings(about_.settings, settings);
    if (!checked) co_return std::unexpected(checked.error());
    const auto server = server_of(*checked);
    if (!server) co_return std::unexpected(server.error());
    const auto longer = text_field(*checked, "long_posts");
    if (longer != "yes" && longer != "no") {
      co_return base::invalid("long_posts", "Answer yes or no.");
    }
    json::object credentials = std::move(*checked);
    credentials["server"] = *server;
    credentials.erase("long_posts");
    // How long the pasted token lasts, nobody says: it is renewed at the first opportunity.
    credentials["renew_at"] = base::to_micros(context.clock->now());
    Api api(context, credentials);
    const auto profile =
        co_await api.get("/2/users/me?user.fields=name,username,profile_image_url");
    if (!profile) {
      co_return std::unexpected(while_connecting(profile.error().outcome, "access_token"));
    }
    const auto id = base::text_at(*profile, "/data/id");
    const auto name = clean_words(base::text_at(*profile, "/data/username"));
    if (id.empty() || name.empty()) co_return base::invalid("server", "This is not the API of X.");
    co_return Identity{.remote_id = id,
                       .handle = "@" + name,
                       .display_name = clean_words(base::text_at(*profile, "/data/name")),
                       .url = "https://x.com/" + base::url_encode(name),
                       .details = {{"user_id", id}, {"long_posts", longer}},
                       .credentials = std::move(credentials)};
  }

  io::Task<Health> test(Context context, Account account) const override {
    Api api(context, account.credentials);
    if (api.expired()) co_return while_testing(x::waits_for_renewal());
    const auto profile = co_await api.get("/2/users/me");
    if (!profile) co_return while_testing(profile.error().outcome);
    if (base::text_at(*profile, "/data/id") != account.remote_id) {
      co_return Health{.ok = false, .message = "X does not answer for this account."};
    }
    co_return Health{};
  }

  std::optional<base::Instant> renew_at(const Account& account) const override {
    return base::from_micros(integer_field(account.credentials, "renew_at"));
  }

  io::Task<Renewal> renew(Context context, Account account) const override {
    co_return co_await x::renew_tokens(context, std::move(account.credentials));
  }

  io::Task<Prepared> prepare(Context context, Account account, Content content,
                             Key key) const override {
    CHECK(content.parts.size() == 1);
    Api api(context, account.credentials);
    if (api.expired()) co_return x::waits_for_renewal();
    Steps steps(context, content, steps_life);
    auto& part = content.parts.front();
    auto uploaded = co_await x::upload_all(api, std::move(part.media), &steps);
    if (auto* not_yet = std::get_if<Prepared>(&uploaded)) co_return std::move(*not_yet);
    json::object body;
    if (!part.text.empty()) body["text"] = part.text;
    json::array media_ids;
    for (const auto& id : std::get<x::MediaIds>(uploaded)) media_ids.emplace_back(id);
    if (!media_ids.empty()) body["media"] = json::object{{"media_ids", std::move(media_ids)}};
    if (content.reply_to) {
      body["reply"] = json::object{{"in_reply_to_tweet_id", text_field(*content.reply_to, "id")}};
    }
    co_return Frozen{json::serialize(json::object{{"key", key.value},
                                                  {"created_at", base::to_micros(key.created_at)},
                                                  {"body", std::move(body)}})};
  }

  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override {
    const auto payload = thaw(frozen);
    Api api(context, account.credentials);
    if (api.expired()) co_return x::waits_for_renewal();
    const auto reply = co_await api.post("/2/tweets", payload.at("body"));
    if (!reply) {
      if (!reply.error().duplicate) co_return reply.error().outcome;
      auto found = co_await x::look_up(api, std::move(account), x::wanted_of(payload));
      if (auto* there = std::get_if<Published>(&found)) co_return std::move(*there);
      co_return reply.error().outcome;
    }
    const auto id = base::text_at(*reply, "/data/id");
    if (id.empty()) co_return Unknown{"X: the answer cannot be read"};
    co_return x::published(id);
  }

  io::Task<Found> find(Context context, Account account, Frozen frozen) const override {
    Api api(context, account.credentials);
    if (api.expired()) {
      co_return CannotKnow{.reason = x::waits_for_renewal().reason, .try_again = true};
    }
    co_return co_await x::look_up(api, std::move(account), x::wanted_of(thaw(frozen)));
  }

 private:
  using Api = x::Api;

  const About about_ = make_about();
};

}  // namespace

std::unique_ptr<Network> make_x() { return std::make_unique<X>(); }

}  // namespace networks
