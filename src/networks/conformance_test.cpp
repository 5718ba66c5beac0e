// Every connector of all.def through the same faults, against strict doubles: whatever happens,
// nothing appears twice, and nothing that the connector calls published is missing.
#include "base/json.h"
#include "networks/answer.h"
#include "networks/doubles/bluesky.h"
#include "networks/doubles/loopback.h"
#include "networks/doubles/mastodon.h"
#include "networks/doubles/memory_feed.h"
#include "networks/doubles/relay.h"
#include "networks/doubles/webhook.h"
#include "networks/network.h"
#include "networks/testing.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

using doubles::Fault;

constexpr std::string_view origin = "http://network.test";
const base::Instant start = base::from_micros(1'795'424'400'123'456);

// A network of the test: a double and what a connector needs to reach it.
struct Stage {
  std::string network;
  base::VirtualClock clock{start};
  std::unique_ptr<doubles::Double> far;
  doubles::LoopbackHttp http;
  doubles::LoopbackRelays relays;
  doubles::MemoryFeed feed;
  testing::MemoryCredentials credentials;
  Account account;

  const Network& connector() const { return *by_id(network); }
  Context context() {
    return {.http = &http,
            .feed = &feed,
            .websockets = &relays,
            .credentials = &credentials,
            .clock = &clock,
            .public_url = "https://us.test"};
  }
  std::size_t taken() const { return far ? far->taken().size() : feed.items().size(); }
};

using MakeDouble = std::unique_ptr<doubles::Double> (*)(const base::Clock&);

struct StageKind {
  std::string name;
  std::string network;
  MakeDouble make;
  RetryClass retry;
};

std::vector<StageKind> stage_kinds() {
  using doubles::MastodonDouble;
  using doubles::WebhookDouble;
  return {
      {"bluesky", "bluesky",
       [](const base::Clock& clock) -> std::unique_ptr<doubles::Double> {
         return std::make_unique<doubles::BlueskyDouble>(clock);
       },
       RetryClass::safe_by_key},
      {"mastodon", "mastodon",
       [](const base::Clock& clock) -> std::unique_ptr<doubles::Double> {
         return std::make_unique<MastodonDouble>(clock, MastodonDouble::Make::mastodon);
       },
       RetryClass::safe_by_lookup},
      {"gotosocial", "mastodon",
       [](const base::Clock& clock) -> std::unique_ptr<doubles::Double> {
         return std::make_unique<MastodonDouble>(clock, MastodonDouble::Make::gotosocial);
       },
       RetryClass::safe_by_lookup},
      {"pixelfed", "mastodon",
       [](const base::Clock& clock) -> std::unique_ptr<doubles::Double> {
         return std::make_unique<MastodonDouble>(clock, MastodonDouble::Make::pixelfed);
       },
       RetryClass::safe_by_lookup},
      {"nostr", "nostr",
       [](const base::Clock& clock) -> std::unique_ptr<doubles::Double> {
         return std::make_unique<doubles::RelayDouble>(clock);
       },
       RetryClass::safe_by_key},
      {"webhook_blind", "webhook",
       [](const base::Clock& clock) -> std::unique_ptr<doubles::Double> {
         return std::make_unique<WebhookDouble>(clock, WebhookDouble::Keeps::every_request);
       },
       RetryClass::blind},
      {"webhook_with_keys", "webhook",
       [](const base::Clock& clock) -> std::unique_ptr<doubles::Double> {
         return std::make_unique<WebhookDouble>(clock, WebhookDouble::Keeps::each_key_once);
       },
       RetryClass::safe_by_key},
      {"feed", "feed", nullptr, RetryClass::safe_by_key},
  };
}

// The connected account of a stage; the tests of connecting say more about it.
io::Task<> connect(Stage* stage) {
  const auto settings =
      stage->far ? stage->far->settings(std::string(origin)) : json::object{{"title", "Feed"}};
  auto identity = co_await stage->connector().connect(stage->context(), settings);
  if (!identity) throw std::runtime_error(identity.error().message);
  stage->account = {.id = base::AccountId::make(),
                    .network = stage->network,
                    .remote_id = identity->remote_id,
                    .handle = identity->handle,
                    .credentials = identity->credentials,
                    .details = identity->details};
}

std::unique_ptr<Stage> make_stage(const StageKind& kind) {
  auto stage = std::make_unique<Stage>();
  stage->network = kind.network;
  if (kind.make != nullptr) {
    stage->far = kind.make(stage->clock);
    auto* far = stage->far.get();
    stage->http.mount(std::string(origin), &far->routes(), &far->faults(),
                      [far](const http::Request& request) { return far->publishes(request); });
    if (auto* relay = dynamic_cast<doubles::RelayDouble*>(far))
      stage->relays.mount("ws://network.test", relay);
  }
  io::run([&] { return connect(stage.get()); });
  return stage;
}

// A picture for networks that want one.
Content content_for(const StageKind& kind, std::string text) {
  Content content{.parts = {{.text = std::move(text)}}, .language = "en"};
  if (kind.name == "pixelfed") {
    content.parts[0].media.push_back({.id = base::MediaId::make(),
                                      .content_type = "image/png",
                                      .bytes = "picture",
                                      .alt_text = "A picture"});
  }
  return content;
}

template <class T>
T run(const std::function<io::Task<T>()>& body) {
  std::optional<T> result;
  const auto keep = [&](T value) { result.emplace(std::move(value)); };
  struct Keep {
    static io::Task<> run(std::function<io::Task<T>()> body, std::function<void(T)> keep) {
      keep(co_await body());
    }
  };
  io::run([&] { return Keep::run(body, keep); });
  return std::move(*result);
}

Frozen prepare(Stage& stage, Content content,
               std::string key = "0123456789abcdef0123456789abcdef") {
  auto prepared = run<Prepared>([&] {
    return stage.connector().prepare(stage.context(), stage.account, content,
                                     {std::move(key), stage.clock.now()});
  });
  EXPECT_TRUE(std::holds_alternative<Frozen>(prepared));
  return std::get<Frozen>(prepared);
}

Outcome publish(Stage& stage, const Frozen& frozen) {
  return run<Outcome>(
      [&] { return stage.connector().publish(stage.context(), stage.account, frozen); });
}

Found find(Stage& stage, const Frozen& frozen) {
  return run<Found>([&] { return stage.connector().find(stage.context(), stage.account, frozen); });
}

// What a worker does with an outcome until the target rests: published, rejected, paused, or
// waiting for a person.
Outcome settle(Stage& stage, const Frozen& frozen) {
  auto outcome = publish(stage, frozen);
  for (int round = 0; round < 6; ++round) {
    stage.clock.advance(std::chrono::minutes(1));
    if (std::holds_alternative<RetryLater>(outcome)) {
      outcome = publish(stage, frozen);
    } else if (std::holds_alternative<Unknown>(outcome)) {
      auto found = find(stage, frozen);
      if (auto* there = std::get_if<Published>(&found)) return std::move(*there);
      const bool by_key = stage.connector().retry_class(stage.account) == RetryClass::safe_by_key;
      if (!std::holds_alternative<NotThere>(found) && !by_key) return outcome;
      outcome = publish(stage, frozen);
    } else {
      return outcome;
    }
  }
  return outcome;
}

std::string kind_of(const Outcome& outcome) {
  constexpr const char* names[] = {"published", "rejected", "retry_later", "unknown",
                                   "account_broken"};
  return names[outcome.index()];
}

class EveryNetwork : public ::testing::TestWithParam<StageKind> {
 protected:
  std::unique_ptr<Stage> stage_ = make_stage(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Stages, EveryNetwork, ::testing::ValuesIn(stage_kinds()),
                         [](const auto& kind) { return kind.param.name; });

TEST(Networks, EachHasAStage) {
  for (const auto& network : all()) {
    const auto kinds = stage_kinds();
    EXPECT_TRUE(std::ranges::any_of(
        kinds, [&](const auto& kind) { return kind.network == network->about().id; }))
        << network->about().id << " has no double in this test";
  }
}

TEST_P(EveryNetwork, PublishesOnceAndIsFoundAgain) {
  const auto frozen = prepare(*stage_, content_for(GetParam(), "Hello world"));
  const auto before = find(*stage_, frozen);
  EXPECT_FALSE(std::holds_alternative<Published>(before));
  const auto outcome = publish(*stage_, frozen);
  ASSERT_EQ(kind_of(outcome), "published") << reason_of(outcome);
  EXPECT_FALSE(std::get<Published>(outcome).remote_id.empty());
  EXPECT_EQ(stage_->taken(), 1U);
  const auto after = find(*stage_, frozen);
  if (GetParam().network == "webhook") {
    EXPECT_TRUE(std::holds_alternative<CannotKnow>(after));
  } else {
    ASSERT_TRUE(std::holds_alternative<Published>(after));
    EXPECT_EQ(std::get<Published>(after).remote_id, std::get<Published>(outcome).remote_id);
    EXPECT_EQ(std::get<Published>(after).url, std::get<Published>(outcome).url);
  }
}

TEST_P(EveryNetwork, RetryClassIsKnown) {
  EXPECT_EQ(stage_->connector().retry_class(stage_->account), GetParam().retry);
}

TEST_P(EveryNetwork, ClassAMaySendTheSameTwice) {
  if (GetParam().retry != RetryClass::safe_by_key) return;
  const auto frozen = prepare(*stage_, content_for(GetParam(), "Hello world"));
  const auto first = publish(*stage_, frozen);
  const auto second = publish(*stage_, frozen);
  ASSERT_EQ(kind_of(second), "published");
  EXPECT_EQ(std::get<Published>(first).remote_id, std::get<Published>(second).remote_id);
  EXPECT_EQ(stage_->taken(), 1U);
}

TEST_P(EveryNetwork, TwoKeysAreTwoPosts) {
  const auto one =
      prepare(*stage_, content_for(GetParam(), "Hello one"), "00000000000000000000000000000001");
  const auto two =
      prepare(*stage_, content_for(GetParam(), "Hello two"), "00000000000000000000000000000002");
  EXPECT_EQ(kind_of(publish(*stage_, one)), "published");
  EXPECT_EQ(kind_of(publish(*stage_, two)), "published");
  EXPECT_EQ(stage_->taken(), 2U);
}

// What the first answer to each fault must be.
std::string expected(const StageKind& kind, Fault fault) {
  const bool nostr = kind.network == "nostr";
  switch (fault) {
    case Fault::none:
      return "published";
    case Fault::refuse_connection:
    case Fault::rate_limit:
      return "retry_later";
    case Fault::fail_before:
      return nostr ? "retry_later" : "unknown";
    case Fault::drop_answer:
    case Fault::fail_after:
      return "unknown";
    case Fault::malformed_answer:
      return kind.network == "webhook" ? "published" : "unknown";
    case Fault::expire_token:
      return nostr || kind.network == "bluesky" ? "published" : "account_broken";
    case Fault::revoke:
      return nostr ? "rejected" : "account_broken";
  }
  return "";
}

TEST_P(EveryNetwork, TellsEachFaultForWhatItIs) {
  if (GetParam().network == "feed") return;
  for (const auto fault : doubles::all_faults()) {
    SCOPED_TRACE(doubles::to_string(fault));
    const auto stage = make_stage(GetParam());
    const auto frozen = prepare(*stage, content_for(GetParam(), "Hello world"));
    stage->far->faults().next(fault);
    const auto outcome = publish(*stage, frozen);
    EXPECT_EQ(kind_of(outcome), expected(GetParam(), fault)) << reason_of(outcome);
    EXPECT_EQ(stage->far->faults().peek(), Fault::none) << "the fault was not met";
    if (fault == Fault::rate_limit && GetParam().network != "nostr") {
      EXPECT_EQ(std::get<RetryLater>(outcome).after,
                std::chrono::seconds(doubles::retry_after_seconds));
    }
  }
}

// Pairs of faults, one after the other: at most one copy ever, and exactly one where the connector
// says published.
TEST_P(EveryNetwork, NeverTwiceWhateverHappens) {
  if (GetParam().network == "feed") return;
  for (const auto first : doubles::all_faults()) {
    for (const auto second : doubles::all_faults()) {
      SCOPED_TRACE(
          fmt::format("{} then {}", doubles::to_string(first), doubles::to_string(second)));
      const auto stage = make_stage(GetParam());
      const auto frozen = prepare(*stage, content_for(GetParam(), "Hello world"));
      stage->far->faults().next(first);
      stage->far->faults().next(second);
      const auto outcome = settle(*stage, frozen);
      EXPECT_LE(stage->taken(), 1U);
      if (std::holds_alternative<Published>(outcome)) {
        EXPECT_EQ(stage->taken(), 1U);
      }
      if (std::holds_alternative<Rejected>(outcome) ||
          std::holds_alternative<RetryLater>(outcome)) {
        EXPECT_TRUE(GetParam().retry == RetryClass::safe_by_key || stage->taken() == 0U);
      }
      const bool shut_out = first == Fault::revoke || second == Fault::revoke ||
                            (expected(GetParam(), Fault::expire_token) == "account_broken" &&
                             (first == Fault::expire_token || second == Fault::expire_token));
      if (!shut_out && GetParam().retry != RetryClass::blind) {
        EXPECT_EQ(kind_of(outcome), "published") << reason_of(outcome);
      }
    }
  }
}

TEST_P(EveryNetwork, PreparesTheSameBytesAndNoSecrets) {
  if (GetParam().name == "pixelfed") return;  // an upload has a new id each time
  const auto one = prepare(*stage_, content_for(GetParam(), "Hello #world https://example.org"));
  const auto two = prepare(*stage_, content_for(GetParam(), "Hello #world https://example.org"));
  EXPECT_EQ(one.payload, two.payload);
  for (const auto& [name, value] : stage_->account.credentials) {
    const auto secret = value.is_string() ? std::string_view(value.get_string()) : "";
    if (secret.size() < 16) continue;
    EXPECT_EQ(one.payload.find(secret), std::string::npos) << name << " is in the payload";
  }
}

TEST_P(EveryNetwork, RefusesEmptySettingsByField) {
  const auto result = run<base::Result<Identity>>([&] {
    return stage_->connector().connect(stage_->context(), json::object{{"nonsense", "x"}});
  });
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().status, 422);
  EXPECT_TRUE(std::ranges::any_of(result.error().fields,
                                  [](const auto& f) { return f.field == "nonsense"; }));
}

TEST_P(EveryNetwork, IsHealthyUntilRevoked) {
  using Health = Network::Health;
  const auto ask = [&] { return stage_->connector().test(stage_->context(), stage_->account); };
  EXPECT_TRUE(run<Health>(ask).ok);
  if (GetParam().network == "feed" || GetParam().network == "nostr") return;
  const auto frozen = prepare(*stage_, content_for(GetParam(), "Hello world"));
  stage_->far->faults().next(Fault::revoke);
  EXPECT_EQ(kind_of(publish(*stage_, frozen)), "account_broken");
  const auto health = run<Health>(ask);
  EXPECT_FALSE(health.ok);
  EXPECT_TRUE(health.broken);
  EXPECT_FALSE(health.message.empty());
}

TEST_P(EveryNetwork, ChecksNameTheField) {
  const auto& connector = stage_->connector();
  const auto limits = connector.limits(stage_->account);
  EXPECT_TRUE(connector.check({{.text = "Hello"}}, limits).empty());
  const auto empty = connector.check({{.text = "  "}}, limits);
  ASSERT_EQ(empty.size(), 1U);
  EXPECT_EQ(empty[0].field, "parts[0].text");
  const auto longer = static_cast<std::size_t>(limits.text_max) + 1;
  const auto too_long = connector.check({{.text = std::string(longer, 'a')}}, limits);
  ASSERT_FALSE(too_long.empty());
  EXPECT_EQ(too_long[0].field, "parts[0].text");
  EXPECT_NE(too_long[0].message.find(std::to_string(limits.text_max)), std::string::npos);
}

}  // namespace
}  // namespace networks
