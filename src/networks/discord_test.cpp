#include "networks/doubles/discord.h"

#include "networks/answer.h"
#include "networks/testing_stage.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

using doubles::DiscordDouble;
using testing::stage_origin;

class Discord : public ::testing::Test {
 protected:
  Discord() { stage_.connect(); }

  std::string url() const {
    return std::string(stage_.far.settings(stage_origin).at("webhook_url").as_string());
  }
  base::Result<Identity> connect(std::string address) {
    return stage_.connect({{"webhook_url", std::move(address)}});
  }

  testing::Stage<DiscordDouble> stage_{"discord"};
};

TEST_F(Discord, KnowsTheWebhooksName) {
  const auto identity = connect(url());
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->handle, "Rehearsal");
  EXPECT_EQ(identity->remote_id, "1312000000000000001");
}

TEST_F(Discord, TakesOnlyAddressesOfWebhooks) {
  for (const std::string address :
       {"https://discord.com/api/webhooks/", "https://discord.com/channels/1/2", "not an address",
        "ftp://discord.com/api/webhooks/1/abc", "https://discord.com/api/webhooks/abc/123"}) {
    const auto identity = connect(address);
    ASSERT_FALSE(identity.has_value()) << address;
    EXPECT_EQ(identity.error().fields.at(0).field, "webhook_url");
  }
}

TEST_F(Discord, NamesAWrongToken) {
  const auto identity = connect(url() + "x");
  ASSERT_FALSE(identity.has_value());
  EXPECT_NE(identity.error().fields.at(0).message.find("Invalid Webhook Token"), std::string::npos);
  EXPECT_EQ(identity.error().fields.at(0).message.find("0123456789abcdef"), std::string::npos);
}

TEST_F(Discord, PostsIntoAThreadOfTheChannel) {
  const auto identity = connect(url() + "?thread_id=77");
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->remote_id, "1312000000000000001/77");
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(stage_.freeze({{.text = "x"}}))));
}

TEST_F(Discord, LinksToTheMessage) {
  const auto done = std::get<Published>(stage_.publish(stage_.freeze({{.text = "Hello"}})));
  EXPECT_EQ(done.url, "https://discord.com/channels/1312000000000000003/1312000000000000002/" +
                          done.remote_id);
}

TEST_F(Discord, WakesNobodyByAccident) {
  const auto payload = json::parse(stage_.freeze({{.text = "@everyone hello"}}).payload);
  EXPECT_TRUE(payload.at_pointer("/message/allowed_mentions/parse").as_array().empty());
}

TEST_F(Discord, SendsDescriptionsOfPictures) {
  const auto frozen = stage_.freeze(
      {{.text = "Look",
        .media = {{.content_type = "image/png", .bytes = "one", .alt_text = "A \"cat\""},
                  {.content_type = "image/gif", .bytes = "two"}}}});
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
  EXPECT_EQ(stage_.far.descriptions(), (std::vector<std::string>{"A \"cat\"", ""}));
}

TEST_F(Discord, TellsWhichFieldIsWrong) {
  const auto outcome = stage_.publish(stage_.freeze({{.text = std::string(2001, 'a')}}));
  ASSERT_TRUE(std::holds_alternative<Rejected>(outcome));
  EXPECT_EQ(std::get<Rejected>(outcome).code, "50035");
  EXPECT_NE(std::get<Rejected>(outcome).reason.find("2000 or fewer"), std::string::npos);
}

TEST_F(Discord, WaitsAFractionOfASecondAsAWholeOne) {
  const auto frozen = stage_.freeze({{.text = "x"}});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(stage_.publish(frozen).index(), 0U);
  stage_.clock.advance(std::chrono::milliseconds(700));
  const auto outcome = stage_.publish(frozen);
  ASSERT_TRUE(std::holds_alternative<RetryLater>(outcome));
  EXPECT_EQ(std::get<RetryLater>(outcome).after, std::chrono::seconds(2));
}

TEST(DiscordAnswers, AbsurdFiguresAreNotBelieved) {
  testing::FakeHttp http;
  const base::VirtualClock clock(testing::stage_start);
  const Account account{.credentials = {{"webhook_url", "https://discord.com/api/webhooks/1/abc"}}};
  const Context context{.http = &http, .clock = &clock};
  const auto publish = [&] {
    const Frozen frozen{R"({"key":"k","message":{"content":"x"},"files":[]})"};
    return testing::run<Outcome>(
        [&] { return by_id("discord")->publish(context, account, frozen); });
  };
  http.answer_json(429, R"({"retry_after": 1e300})");
  EXPECT_EQ(std::get<RetryLater>(publish()).after, std::chrono::hours(24));
  http.answer_json(429, R"({"retry_after": -5})");
  EXPECT_EQ(std::get<RetryLater>(publish()).after, std::chrono::seconds(0));
  http.answer_json(429, R"({"retry_after": "soon"})");
  EXPECT_EQ(std::get<RetryLater>(publish()).after, std::chrono::seconds(0));
  http.answer_json(200, R"({"id": "<script>"})");
  EXPECT_TRUE(std::holds_alternative<Unknown>(publish()));
}

}  // namespace
}  // namespace networks
