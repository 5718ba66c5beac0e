#include "networks/doubles/bluesky.h"

#include "base/json.h"
#include "networks/bluesky/dag_cbor.h"
#include "networks/bluesky/session.h"
#include "networks/testing_stage.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

namespace networks {
namespace {

using doubles::Fault;
using BlueskyStage = testing::Stage<doubles::BlueskyDouble>;

class Bluesky : public ::testing::Test {
 protected:
  Bluesky() { stage_.connect(); }
  BlueskyStage stage_{"bluesky"};
};

json::value payload(const Frozen& frozen) { return json::parse(frozen.payload); }

TEST_F(Bluesky, ConnectsWithHandleAndAppPassword) {
  auto settings = stage_.far.settings(testing::stage_origin);
  settings["identifier"] = "@rehearsal.test";
  const auto identity = stage_.connect(settings);
  ASSERT_TRUE(identity.has_value());
  EXPECT_TRUE(identity->remote_id.starts_with("did:plc:"));
  EXPECT_EQ(identity->handle, "rehearsal.test");
  EXPECT_FALSE(identity->details.contains("app_password"));
}

TEST_F(Bluesky, SaysWhichFieldIsWrong) {
  auto settings = stage_.far.settings(testing::stage_origin);
  settings["app_password"] = "wrong";
  const auto refused = stage_.connect(settings);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().fields.at(0).field, "app_password");
  settings["service"] = "http://elsewhere.test";
  const auto away = stage_.connect(settings);
  ASSERT_FALSE(away.has_value());
  EXPECT_EQ(away.error().code, "network_unreachable");
}

TEST_F(Bluesky, PutsTextLanguageFacetsAndTimeIntoTheRecord) {
  const auto frozen =
      stage_.freeze({{.text = "Hi @rehearsal.test, see https://example.org #news"}});
  const auto record = *base::find(payload(frozen), "/writes/0/record");
  EXPECT_EQ(base::text_at(record, "/createdAt"), base::format_rfc3339(testing::stage_start));
  EXPECT_EQ(base::text_at(record, "/langs/0"), "en");
  EXPECT_EQ(base::find(record, "/facets")->as_array().size(), 3U);
  EXPECT_TRUE(base::text_at(record, "/facets/0/features/0/did").starts_with("did:plc:"));
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
}

TEST_F(Bluesky, UploadsPicturesWithDescriptions) {
  const auto frozen = stage_.freeze({{.text = "Look",
                                      .media = {{.content_type = "image/png",
                                                 .bytes = "bytes",
                                                 .alt_text = "A cat",
                                                 .width = 4,
                                                 .height = 3}}}});
  const auto value = payload(frozen);
  EXPECT_EQ(base::text_at(value, "/writes/0/record/embed/images/0/alt"), "A cat");
  EXPECT_EQ(base::integer_at(value, "/writes/0/record/embed/images/0/aspectRatio/width"), 4);
  EXPECT_EQ(base::text_at(value, "/writes/0/record/embed/images/0/image/ref/$link"),
            bluesky::blob_cid("bytes"));
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
}

TEST_F(Bluesky, RefusesTooLargeAPictureForGood) {
  const auto prepared = stage_.prepare(
      {.parts = {
           {.text = "x",
            .media = {{.content_type = "image/png", .bytes = std::string(2'000'001, 'x')}}}}});
  ASSERT_TRUE(std::holds_alternative<Rejected>(prepared));
  EXPECT_EQ(std::get<Rejected>(prepared).code, "BlobTooLarge");
}

TEST_F(Bluesky, SendsAThreadInOneRequest) {
  const auto frozen = stage_.freeze({{.text = "one"}, {.text = "two"}, {.text = "three"}});
  const auto outcome = stage_.publish(frozen);
  ASSERT_TRUE(std::holds_alternative<Published>(outcome));
  EXPECT_EQ(stage_.http.count("POST /xrpc/com.atproto.repo.applyWrites"), 1U);
  const auto& taken = stage_.far.taken();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[1].parent, taken[0].id);
  EXPECT_EQ(taken[2].parent, taken[1].id);
  const auto value = payload(frozen);
  EXPECT_EQ(base::text_at(value, "/writes/2/record/reply/root/cid"),
            base::text_at(value, "/writes/0/cid"));
  const auto& published = std::get<Published>(outcome);
  EXPECT_EQ(published.remote_id, taken[0].id);
  EXPECT_EQ(published.reference.at("uri").as_string(), taken[2].id);
  EXPECT_EQ(published.reference.at("parts").as_array().size(), 3U);
}

TEST_F(Bluesky, SendsALostThreadOnceOnly) {
  const auto frozen = stage_.freeze({{.text = "one"}, {.text = "two"}});
  stage_.far.faults().next(Fault::drop_answer);
  EXPECT_TRUE(std::holds_alternative<Unknown>(stage_.publish(frozen)));
  EXPECT_TRUE(std::holds_alternative<Unknown>(stage_.publish(frozen)))
      << "a repeat is refused, not doubled";
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.find(frozen)));
  EXPECT_EQ(stage_.far.taken().size(), 2U);
}

TEST_F(Bluesky, GoesOnWithAThreadThatIsOut) {
  const auto first =
      std::get<Published>(stage_.publish(stage_.freeze({{.text = "one"}, {.text = "two"}})));
  const auto prepared =
      stage_.prepare({.parts = {{.text = "three"}}, .reply_to = first.reference}, "another key");
  const auto value = payload(std::get<Frozen>(prepared));
  EXPECT_EQ(base::text_at(value, "/writes/0/record/reply/root/uri"), stage_.far.taken()[0].id);
  EXPECT_EQ(base::text_at(value, "/writes/0/record/reply/parent/uri"), stage_.far.taken()[1].id);
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(std::get<Frozen>(prepared))));
}

TEST_F(Bluesky, RejectsWithTheNetworksWords) {
  const auto frozen = stage_.freeze({{.text = std::string(301, 'x')}});
  const auto outcome = stage_.publish(frozen);
  ASSERT_TRUE(std::holds_alternative<Rejected>(outcome));
  EXPECT_NE(std::get<Rejected>(outcome).reason.find("grapheme too big"), std::string::npos);
}

TEST_F(Bluesky, NeverOverwritesAnotherRecord) {
  const auto frozen = stage_.freeze({{.text = "mine"}});
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
  auto other = payload(frozen);
  auto& write = other.at("writes").at(0).as_object();
  write["record"].as_object()["text"] = "somebody else's";
  write["cid"] = bluesky::record_cid(write["record"]);
  const Frozen colliding{json::serialize(other)};
  const auto outcome = stage_.publish(colliding);
  ASSERT_TRUE(std::holds_alternative<Rejected>(outcome));
  EXPECT_EQ(std::get<Rejected>(outcome).code, "key_taken");
  EXPECT_EQ(stage_.far.taken().size(), 1U);
}

TEST_F(Bluesky, RenewsItsSessionAndKeepsIt) {
  const auto frozen = stage_.freeze({{.text = "Hello"}});
  stage_.clock.advance(std::chrono::hours(3));
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
  EXPECT_EQ(stage_.far.logins(), 1U) << "a renewal is no login";
  EXPECT_EQ(stage_.credentials.saves, 1);
  EXPECT_EQ(stage_.credentials.last_account, stage_.account.id);
  EXPECT_FALSE(stage_.credentials.last.at("app_password").as_string().empty());
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.find(frozen)))
      << "the caller's copy is stale, ours is not";
  EXPECT_EQ(stage_.http.count("POST /xrpc/com.atproto.server.refreshSession"), 1U);
}

TEST_F(Bluesky, LogsInAgainWhenRenewingFails) {
  const auto frozen = stage_.freeze({{.text = "Hello"}});
  stage_.far.end_sessions(false);
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
  EXPECT_EQ(stage_.far.logins(), 2U);
}

io::Task<bool> is_healthy(BlueskyStage* stage) {
  co_return (co_await stage->network.test(stage->context(), stage->account)).ok;
}

io::Task<bool> three_at_once(BlueskyStage* stage) {
  using namespace asio::experimental::awaitable_operators;
  auto [one, two, three] = co_await (is_healthy(stage) && is_healthy(stage) && is_healthy(stage));
  co_return one&& two&& three;
}

TEST_F(Bluesky, RenewsOnceForManyCalls) {
  stage_.clock.advance(std::chrono::hours(3));
  EXPECT_TRUE(testing::run<bool>([&] { return three_at_once(&stage_); }));
  EXPECT_EQ(stage_.http.count("POST /xrpc/com.atproto.server.refreshSession"), 1U);
}

TEST_F(Bluesky, StopsAskingWhenLoginsAreLimited) {
  const auto frozen = stage_.freeze({{.text = "Hello"}});
  for (int i = 1; i < 30; ++i) stage_.connect(stage_.far.settings(testing::stage_origin));
  stage_.far.end_sessions(false);
  const auto limited = stage_.publish(frozen);
  ASSERT_TRUE(std::holds_alternative<RetryLater>(limited));
  EXPECT_GE(std::get<RetryLater>(limited).after, std::chrono::seconds(300));
  EXPECT_LE(std::get<RetryLater>(limited).after, std::chrono::seconds(302));
  const auto asked = stage_.http.count("POST /xrpc/com.atproto.server.createSession");
  EXPECT_TRUE(std::holds_alternative<RetryLater>(stage_.publish(frozen)));
  EXPECT_EQ(stage_.http.count("POST /xrpc/com.atproto.server.createSession"), asked);
  stage_.clock.advance(std::chrono::minutes(6));
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
}

TEST_F(Bluesky, WaitsForItsPoints) {
  for (int i = 0; i < 2500; ++i) {
    if (!std::holds_alternative<Published>(
            stage_.publish(stage_.freeze({{.text = std::to_string(i)}}, std::to_string(i))))) {
      FAIL() << "refused at " << i;
    }
  }
  const auto outcome = stage_.publish(stage_.freeze({{.text = "one too many"}}));
  ASSERT_TRUE(std::holds_alternative<RetryLater>(outcome));
  EXPECT_GT(std::get<RetryLater>(outcome).after, std::chrono::minutes(50));
}

}  // namespace
}  // namespace networks
