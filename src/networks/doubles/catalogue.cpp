#include "networks/doubles/catalogue.h"

#include "networks/doubles/bluesky.h"
#include "networks/doubles/discord.h"
#include "networks/doubles/mastodon.h"
#include "networks/doubles/meta.h"
#include "networks/doubles/relay.h"
#include "networks/doubles/slack.h"
#include "networks/doubles/telegram.h"
#include "networks/doubles/webhook.h"
#include "networks/doubles/wordpress.h"
#include "networks/doubles/x.h"

namespace networks::doubles {
namespace {

template <class Made, auto... variant>
std::unique_ptr<Double> make(const base::Clock& clock) {
  return std::make_unique<Made>(clock, variant...);
}

using Keeps = WebhookDouble::Keeps;
using Permalinks = WordPressDouble::Permalinks;
using Make = MastodonDouble::Make;
constexpr auto by_key = RetryClass::safe_by_key;
constexpr auto by_lookup = RetryClass::safe_by_lookup;
constexpr auto blind = RetryClass::blind;

}  // namespace

// New rows go to the end: rehearsals give ports by place.
const std::vector<Kind>& kinds() {
  static const auto* const rows = new std::vector<Kind>{
      {.name = "bluesky",
       .network = "bluesky",
       .retry = by_key,
       .make = make<BlueskyDouble>,
       .renews_session = true},
      {.name = "mastodon",
       .network = "mastodon",
       .retry = by_lookup,
       .make = make<MastodonDouble, Make::mastodon>},
      {.name = "gotosocial",
       .network = "mastodon",
       .retry = by_lookup,
       .make = make<MastodonDouble, Make::gotosocial>},
      {.name = "pixelfed",
       .network = "mastodon",
       .retry = by_lookup,
       .make = make<MastodonDouble, Make::pixelfed>,
       .wants_picture = true},
      {.name = "nostr",
       .network = "nostr",
       .retry = by_key,
       .make = make<RelayDouble>,
       .strict_text = false},
      {.name = "webhook_blind",
       .network = "webhook",
       .retry = blind,
       .make = make<WebhookDouble, Keeps::every_request>,
       .any_success_counts = true,
       .strict_text = false},
      {.name = "webhook_with_keys",
       .network = "webhook",
       .retry = by_key,
       .make = make<WebhookDouble, Keeps::each_key_once>,
       .any_success_counts = true,
       .strict_text = false},
      {.name = "feed", .network = "feed", .retry = by_key, .strict_text = false},
      {.name = "telegram", .network = "telegram", .retry = blind, .make = make<TelegramDouble>},
      {.name = "discord",
       .network = "discord",
       .retry = blind,
       .make = make<DiscordDouble>,
       .links_parts = false},
      {.name = "slack",
       .network = "slack",
       .retry = blind,
       .make = make<SlackDouble>,
       .strict_text = false,
       .links_parts = false},
      {.name = "wordpress",
       .network = "wordpress",
       .retry = by_lookup,
       .make = make<WordPressDouble, Permalinks::pretty>,
       .strict_text = false},
      {.name = "wordpress_plain",
       .network = "wordpress",
       .retry = by_lookup,
       .make = make<WordPressDouble, Permalinks::plain>,
       .strict_text = false},
      {.name = "threads",
       .network = "threads",
       .retry = by_key,
       .make = make<MetaDouble, MetaDouble::Make::threads>,
       .new_ids = true},
      {.name = "instagram",
       .network = "instagram",
       .retry = by_key,
       .make = make<MetaDouble, MetaDouble::Make::instagram>,
       .wants_picture = true},
      {.name = "x", .network = "x", .retry = by_lookup, .make = make<XDouble>},
  };
  return *rows;
}

}  // namespace networks::doubles
