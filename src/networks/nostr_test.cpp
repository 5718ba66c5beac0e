#include "base/json.h"
#include "networks/nostr/event.h"
#include "networks/testing_stage.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

using doubles::Fault;
using doubles::RelayDouble;

class Nostr : public ::testing::Test {
 protected:
  Nostr() {
    stage_.relays.mount("ws://second.test/path", &second_);
    const auto done = stage_.connect(settings());
    if (!done) throw std::runtime_error(done.error().message);
  }
  static json::object settings() {
    return {
        {"relays", json::array{"ws://network.test/", "ws://second.test/path", "ws://dead.test"}}};
  }
  testing::Stage<RelayDouble> stage_{"nostr"};
  RelayDouble second_{stage_.clock};
};

TEST_F(Nostr, MakesAnIdentityAndShowsItsKeyOnce) {
  const auto identity = stage_.connect(settings());
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->show_once, std::vector<std::string>{"secret_key"});
  EXPECT_TRUE(identity->credentials.at("secret_key").as_string().starts_with("nsec1"));
  EXPECT_TRUE(identity->handle.starts_with("npub1"));
  EXPECT_EQ(json::serialize(identity->details).find("nsec1"), std::string::npos);
  auto known = settings();
  known["secret_key"] = identity->credentials.at("secret_key");
  const auto again = stage_.connect(known);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->remote_id, identity->remote_id);
  EXPECT_TRUE(again->show_once.empty());
}

TEST_F(Nostr, NamesWrongSettings) {
  EXPECT_EQ(stage_.connect({{"secret_key", "nsec1x"}}).error().fields.at(0).field, "secret_key");
  EXPECT_EQ(stage_.connect({{"relays", "http://x.test"}}).error().fields.at(0).field, "relays");
  EXPECT_EQ(stage_.connect({{"relays", "ws://dead.test"}}).error().fields.at(0).field, "relays");
}

TEST_F(Nostr, SendsToEveryRelayAndSaysHowItWent) {
  const auto frozen = stage_.freeze({{.text = "Hello #World https://example.org"}});
  const auto outcome = stage_.publish(frozen);
  ASSERT_TRUE(std::holds_alternative<Published>(outcome));
  EXPECT_EQ(stage_.far.taken().size(), 1U);
  EXPECT_EQ(second_.taken().size(), 1U);
  const auto relays = std::get<Published>(outcome).reference.at("relays").as_object();
  EXPECT_EQ(relays.at("ws://network.test").as_string(), "accepted");
  EXPECT_TRUE(relays.at("ws://dead.test").as_string().starts_with("not now"));
  const auto value = json::parse(frozen.payload);
  EXPECT_EQ(base::text_at(value, "/event/tags/0/0"), "t");
  EXPECT_EQ(base::text_at(value, "/event/tags/0/1"), "world");
  EXPECT_EQ(base::text_at(value, "/event/tags/1/1"), "https://example.org");
}

TEST_F(Nostr, IsPublishedWhenOneRelayTookIt) {
  stage_.far.faults().next(Fault::revoke);
  EXPECT_TRUE(
      std::holds_alternative<Published>(stage_.publish(stage_.freeze({{.text = "Hello"}}))));
}

TEST_F(Nostr, IsRejectedOnlyWhenAllRefuseForGood) {
  stage_.far.faults().next(Fault::revoke);
  second_.faults().next(Fault::revoke);
  const auto frozen = stage_.freeze({{.text = "Hello"}});
  EXPECT_TRUE(std::holds_alternative<RetryLater>(stage_.publish(frozen)))
      << "one relay was only away";
}

TEST_F(Nostr, IsUnknownWhenARelayFellSilent) {
  stage_.far.faults().next(Fault::drop_answer);
  second_.faults().next(Fault::revoke);
  const auto frozen = stage_.freeze({{.text = "Hello"}});
  EXPECT_TRUE(std::holds_alternative<Unknown>(stage_.publish(frozen)));
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.find(frozen)));
}

TEST_F(Nostr, LogsInWhereARelayWantsIt) {
  stage_.far.faults().next(Fault::expire_token);
  const auto outcome = stage_.publish(stage_.freeze({{.text = "Hello"}}));
  ASSERT_TRUE(std::holds_alternative<Published>(outcome));
  EXPECT_EQ(stage_.far.taken().size(), 1U);
}

TEST_F(Nostr, MarksRootAndParentOfAThread) {
  const auto one = std::get<Published>(stage_.publish(stage_.freeze({{.text = "one"}})));
  const auto two = std::get<Published>(stage_.publish(std::get<Frozen>(
      stage_.prepare({.parts = {{.text = "two"}}, .reply_to = one.reference}, "second"))));
  const auto three =
      stage_.prepare({.parts = {{.text = "three"}}, .reply_to = two.reference}, "third");
  const auto tags = *base::find(json::parse(std::get<Frozen>(three).payload), "/event/tags");
  EXPECT_EQ(base::text_at(tags, "/0/1"), one.remote_id);
  EXPECT_EQ(base::text_at(tags, "/0/3"), "root");
  EXPECT_EQ(base::text_at(tags, "/1/1"), two.remote_id);
  EXPECT_EQ(base::text_at(tags, "/1/3"), "reply");
  EXPECT_EQ(base::text_at(tags, "/2/0"), "p");
}

TEST_F(Nostr, RefusesMediaInsteadOfDroppingThem) {
  const auto prepared =
      stage_.prepare({.parts = {{.text = "x", .media = {{.content_type = "image/png"}}}}});
  EXPECT_TRUE(std::holds_alternative<Rejected>(prepared));
}

}  // namespace
}  // namespace networks
