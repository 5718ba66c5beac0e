#include "networks/doubles/mastodon.h"

#include "base/json.h"
#include "networks/mastodon/instance.h"
#include "networks/mastodon/lookup.h"
#include "networks/testing_stage.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

using doubles::Fault;
using doubles::MastodonDouble;
using MastodonStage = testing::Stage<MastodonDouble>;

class Mastodon : public ::testing::Test {
 protected:
  Mastodon() { stage_.connect(); }
  MastodonStage stage_{"mastodon", MastodonDouble::Make::mastodon};
};

TEST_F(Mastodon, TakesItsLimitsFromTheServer) {
  stage_.far.set_text_max(11'000);
  stage_.connect();
  const auto limits = stage_.network.limits(stage_.account);
  EXPECT_EQ(limits.text_max, 11'000);
  EXPECT_EQ(limits.unit, CountUnit::mastodon);
  EXPECT_EQ(limits.url_length, 23);
  EXPECT_EQ(limits.media_types.size(), 4U) << "pictures only";
}

TEST_F(Mastodon, TellsWhatIsWrongWithTheForm) {
  auto settings = stage_.far.settings(testing::stage_origin);
  settings["access_token"] = "wrong";
  EXPECT_EQ(stage_.connect(settings).error().fields.at(0).field, "access_token");
  settings["visibility"] = "everybody";
  EXPECT_EQ(stage_.connect(settings).error().fields.at(0).field, "visibility");
}

TEST_F(Mastodon, TakesTheServerOutOfAProfileAddress) {
  auto settings = stage_.far.settings(testing::stage_origin + "/@rehearsal");
  const auto identity = stage_.connect(settings);
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->handle, "@rehearsal@network.test");
}

TEST_F(Mastodon, WaitsForMediaThatTakeAWhile) {
  const auto frozen = stage_.freeze(
      {{.text = "Look",
        .media = {{.content_type = "image/gif", .bytes = "GIF89a", .alt_text = "It moves"}}}});
  EXPECT_EQ(stage_.http.count("GET /api/v1/media/"), 2U);
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
}

TEST_F(Mastodon, AnswersThePartBefore) {
  const auto first = std::get<Published>(stage_.publish(stage_.freeze({{.text = "one"}})));
  const auto prepared =
      stage_.prepare({.parts = {{.text = "two"}}, .reply_to = first.reference}, "another key");
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(std::get<Frozen>(prepared))));
  EXPECT_EQ(stage_.far.taken().at(1).parent, first.remote_id);
}

TEST_F(Mastodon, RejectsWithTheServersWords) {
  const auto outcome = stage_.publish(stage_.freeze({{.text = std::string(501, 'x')}}));
  ASSERT_TRUE(std::holds_alternative<Rejected>(outcome));
  EXPECT_NE(std::get<Rejected>(outcome).reason.find("limit of 500"), std::string::npos);
}

// Whatever the server makes of the text, it is known again, however much later.
TEST_F(Mastodon, FindsALostPostByWhatItSays) {
  const auto frozen = stage_.freeze(
      {{.text = "Hello @anna@example.org & <friends>, https://example.org/a?b=c&d=e #news"}});
  stage_.far.faults().next(Fault::drop_answer);
  EXPECT_TRUE(std::holds_alternative<Unknown>(stage_.publish(frozen)));
  stage_.clock.advance(std::chrono::hours(5));
  const auto found = stage_.find(frozen);
  ASSERT_TRUE(std::holds_alternative<Published>(found));
  EXPECT_EQ(std::get<Published>(found).remote_id, stage_.far.taken().at(0).id);
}

TEST_F(Mastodon, SendsItsKeySoThatARepeatIsJoined) {
  const auto frozen = stage_.freeze({{.text = "Hello"}});
  const auto first = std::get<Published>(stage_.publish(frozen));
  const auto second = std::get<Published>(stage_.publish(frozen));
  EXPECT_EQ(first.remote_id, second.remote_id);
  EXPECT_EQ(stage_.far.taken().size(), 1U);
}

TEST_F(Mastodon, LooksThroughSeveralPages) {
  const auto frozen = stage_.freeze({{.text = "The one"}});
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
  for (int i = 0; i < 100; ++i) {
    stage_.clock.advance(std::chrono::minutes(5));
    stage_.publish(
        stage_.freeze({{.text = fmt::format("Another {}", i)}}, fmt::format("key {}", i)));
  }
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.find(frozen)));
  EXPECT_EQ(stage_.http.count("GET /api/v1/accounts/109300000000000001/statuses"), 3U);
}

TEST_F(Mastodon, SaysSoWhenItCannotLookFarEnough) {
  const auto frozen = stage_.freeze({{.text = "The one"}});
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
  for (int i = 0; i < 250; ++i) {
    stage_.clock.advance(std::chrono::minutes(1));
    stage_.publish(
        stage_.freeze({{.text = fmt::format("Another {}", i)}}, fmt::format("key {}", i)));
  }
  const auto found = stage_.find(frozen);
  ASSERT_TRUE(std::holds_alternative<CannotKnow>(found));
  EXPECT_FALSE(std::get<CannotKnow>(found).try_again);
}

TEST_F(Mastodon, DoesNotTakeAnOldPostOfTheSameWordsForThisOne) {
  EXPECT_TRUE(std::holds_alternative<Published>(
      stage_.publish(stage_.freeze({{.text = "Good morning"}}, "old"))));
  stage_.clock.advance(std::chrono::hours(24));
  EXPECT_TRUE(std::holds_alternative<NotThere>(
      stage_.find(stage_.freeze({{.text = "Good morning"}}, "new"))));
}

TEST_F(Mastodon, WaitsAsTheServerAsks) {
  for (int i = 0; i < 299; ++i) {
    if (!std::holds_alternative<NotThere>(stage_.find(stage_.freeze({{.text = "x"}})))) break;
  }
  const auto outcome = stage_.publish(stage_.freeze({{.text = "x"}}));
  ASSERT_TRUE(std::holds_alternative<RetryLater>(outcome));
  EXPECT_GT(std::get<RetryLater>(outcome).after, std::chrono::seconds(200));
}

TEST(MastodonInstance, DoesNotBelieveAbsurdFigures) {
  const auto details = mastodon::instance_details(json::parse(
      R"({"version":"4.3.1","configuration":{"statuses":{"max_characters":-5,"max_media_attachments":99999999999}}})"));
  const auto limits = mastodon::limits_of(details, {.text_max = 500, .media_max = 4});
  EXPECT_EQ(limits.text_max, 500);
  EXPECT_EQ(limits.media_max, 100);
}

TEST(MastodonInstance, ReadsOlderServers) {
  const auto details = mastodon::instance_details(
      json::parse(R"j({"version":"2.7.2 (compatible; Pleroma 2.5)","max_toot_chars":5000})j"));
  EXPECT_EQ(mastodon::limits_of(details, {.text_max = 500}).text_max, 5000);
}

TEST(MastodonInstance, TakesAServerThatSaysNothing) {
  testing::FakeHttp http;
  base::VirtualClock clock{testing::stage_start};
  http.answer_json(200, R"({"id":"01HZX","acct":"me"})");
  http.answer_json(404, "Not found");
  http.answer_json(200, "{}");
  const auto identity = testing::run<base::Result<Identity>>([&] {
    return by_id("mastodon")
        ->connect({.http = &http, .clock = &clock},
                  {{"server", "http://s.test"}, {"access_token", "t"}});
  });
  ASSERT_TRUE(identity.has_value()) << identity.error().message;
  EXPECT_EQ(identity->handle, "@me@s.test");
  const auto limits = by_id("mastodon")->limits({.details = identity->details});
  EXPECT_EQ(limits.text_max, 500);
  EXPECT_EQ(limits.media_max, 4);
}

TEST_F(Mastodon, GoesOnWithAFileThatTheServerWorksOn) {
  testing::MemoryProgress progress;
  stage_.progress = &progress;
  const Content content{
      .parts = {
          {.text = "Look",
           .media = {{.id = base::MediaId("m"), .content_type = "image/gif", .bytes = "GIF"}}}}};
  ASSERT_TRUE(std::holds_alternative<StillWorking>(stage_.prepare(content)));
  const auto prepared = stage_.prepare(content);  // another worker, after a crash
  ASSERT_TRUE(std::holds_alternative<Frozen>(prepared));
  EXPECT_EQ(stage_.http.count("POST /api/v2/media"), 1U);
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(std::get<Frozen>(prepared))));
}

TEST_F(Mastodon, BeginsAnewWhenThePostWasChanged) {
  testing::MemoryProgress progress;
  stage_.progress = &progress;
  Content content{
      .parts = {
          {.text = "Look",
           .media = {{.id = base::MediaId("m"), .content_type = "image/png", .bytes = "PNG"}}}}};
  stage_.prepare(content);
  stage_.prepare(content);
  EXPECT_EQ(stage_.http.count("POST /api/v2/media"), 1U);
  content.parts[0].media[0].alt_text = "A description";
  stage_.prepare(content);
  EXPECT_EQ(stage_.http.count("POST /api/v2/media"), 2U);
  stage_.clock.advance(std::chrono::hours(13));
  stage_.prepare(content);
  EXPECT_EQ(stage_.http.count("POST /api/v2/media"), 3U) << "the server has forgotten it by then";
}

TEST(MastodonLookup, SurvivesWhatAServerDoesToText) {
  for (const auto* text :
       {"Plain", "a & b < c > \"d\"", "Line\n\nnext  line", "Hi @anna@social.example and @bob",
        "https://example.org/a/very/long/path/that/is/shortened?x=1&y=2#z",
        "Ünïcode 👩‍👩‍👧 #Köln"}) {
    EXPECT_EQ(compare(wording_of(text), wordings_of_html(doubles::mastodon_html(text))),
              Likeness::same);
  }
}

}  // namespace
}  // namespace networks
