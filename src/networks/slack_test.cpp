#include "networks/doubles/slack.h"

#include "networks/answer.h"
#include "networks/testing_stage.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

using doubles::SlackDouble;
using testing::stage_origin;

class Slack : public ::testing::Test {
 protected:
  Slack() { stage_.connect(); }
  testing::Stage<SlackDouble> stage_{"slack"};
};

TEST_F(Slack, IsVerifiedWithoutPosting) {
  EXPECT_EQ(stage_.http.count("POST /services/"), 1U);
  EXPECT_TRUE(stage_.far.taken().empty());
  EXPECT_EQ(stage_.account.remote_id, "T0REHEARSE/B0REHEARSE");
  EXPECT_EQ(stage_.account.handle, "#rehearsal");
}

TEST_F(Slack, TellsWhatIsWrongWithTheAddress) {
  for (const std::string url : {"https://", "not an address", "ws://hooks.slack.com/services/x",
                                "http://network.test/services/T0REHEARSE/B0REHEARSE/wrong",
                                "http://network.test/services/T1/B1/gone"}) {
    const auto identity = stage_.connect({{"webhook_url", url}});
    ASSERT_FALSE(identity.has_value()) << url;
    EXPECT_EQ(identity.error().fields.at(0).field, "webhook_url") << url;
  }
}

// An address that says yes to everything is no webhook of Slack's.
TEST(SlackAnswers, AreNotTakenFromAnybody) {
  testing::FakeHttp http;
  const base::VirtualClock clock(testing::stage_start);
  http.answer({.status = 200, .body = "<html>Welcome"});
  const auto identity = testing::run<base::Result<Identity>>([&] {
    return by_id("slack")->connect({.http = &http, .clock = &clock},
                                   {{"webhook_url", "https://example.org/hook"}});
  });
  ASSERT_FALSE(identity.has_value());
  EXPECT_EQ(identity.error().fields.at(0).field, "webhook_url");
}

TEST_F(Slack, TextIsTextAndNoMarkup) {
  const std::string text = "<!channel> a & b < c > d *not bold*";
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(stage_.freeze({{.text = text}}))));
  EXPECT_EQ(stage_.far.taken().at(0).text, text);
  EXPECT_EQ(stage_.freeze({{.text = text}}).payload.find("<!channel>"), std::string::npos);
}

// Slack would cut it off without a word.
TEST_F(Slack, CountsAsItGoesOut) {
  const auto& limits = stage_.network.about().limits;
  EXPECT_EQ(stage_.network.count("a & b", limits).used, 9);
  EXPECT_TRUE(stage_.network.check({{.text = std::string(8000, '&')}}, limits).empty());
  EXPECT_FALSE(stage_.network.check({{.text = std::string(8001, '&')}}, limits).empty());
  EXPECT_TRUE(std::holds_alternative<Published>(
      stage_.publish(stage_.freeze({{.text = std::string(40'001, 'a')}}))));
  EXPECT_LE(stage_.far.taken().at(0).text.size(), 40'010U) << "the double cuts as Slack does";
}

TEST_F(Slack, NamesEachPostByItsKey) {
  const auto done = std::get<Published>(stage_.publish(stage_.freeze({{.text = "x"}}, "key one")));
  EXPECT_EQ(done.remote_id, "key one");
  EXPECT_TRUE(done.url.empty());
}

TEST_F(Slack, ReadsItsPlainWords) {
  auto& http = stage_.http;
  struct Case {
    int status;
    const char* body;
    std::size_t outcome;
  };
  for (const auto& [status, body, outcome] :
       {Case{410, "channel_is_archived", 4}, Case{403, "action_prohibited", 4},
        Case{400, "invalid_payload", 1}, Case{500, "rollup_error", 3}, Case{200, "maybe", 3}}) {
    testing::FakeHttp fake;
    fake.answer({.status = status, .body = body});
    auto context = stage_.context();
    context.http = &fake;
    const auto frozen = stage_.freeze({{.text = "x"}});
    const auto got = testing::run<Outcome>(
        [&] { return stage_.network.publish(context, stage_.account, frozen); });
    EXPECT_EQ(got.index(), outcome) << body;
    if (outcome != 3) {
      EXPECT_NE(reason_of(got).find(body), std::string::npos);
    }
  }
  EXPECT_EQ(http.count("POST"), 1U);
}

}  // namespace
}  // namespace networks
