// X against its double.
#include "networks/doubles/x.h"

#include "networks/testing_stage.h"
#include "networks/x/lookup.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

using doubles::Fault;
using doubles::XDouble;
using std::chrono::hours;
using std::chrono::minutes;

class XNetwork : public ::testing::Test {
 protected:
  XNetwork() { stage_.connect(); }

  Renewal renew() {
    return testing::run<Renewal>(
        [&] { return stage_.network.renew(stage_.context(), stage_.account); });
  }
  static Image picture(std::string type, std::size_t size = 4) {
    return {.id = base::MediaId("m"), .content_type = type, .bytes = std::string(size, 'x')};
  }
  testing::Stage<XDouble> stage_{"x"};
};

TEST_F(XNetwork, FindsALostPostThroughShortenedLinks) {
  const auto frozen = stage_.freeze({{.text = "A & B <c> https://example.org/a?b=1&c=2 #news"}});
  stage_.far.faults().next(Fault::drop_answer);
  EXPECT_TRUE(std::holds_alternative<Unknown>(stage_.publish(frozen)));
  stage_.clock.advance(minutes(1));
  const auto found = stage_.find(frozen);
  ASSERT_TRUE(std::holds_alternative<Published>(found));
  EXPECT_EQ(std::get<Published>(found).remote_id, stage_.far.taken().at(0).id);
}

TEST_F(XNetwork, AsksOnlyForPostsOfItsTime) {
  for (int i = 0; i < 20; ++i) {
    stage_.publish(stage_.freeze({{.text = fmt::format("Post {}", i)}}));
    stage_.clock.advance(minutes(5));
  }
  EXPECT_TRUE(std::holds_alternative<NotThere>(stage_.find(stage_.freeze({{.text = "New"}}))));
  EXPECT_EQ(stage_.far.reads(), 0U) << "each of them would cost money";
}

TEST_F(XNetwork, LooksUpWhatIsRefusedAsADuplicate) {
  const auto frozen = stage_.freeze({{.text = "Once"}});
  const auto first = std::get<Published>(stage_.publish(frozen));
  const auto second = stage_.publish(frozen);
  ASSERT_TRUE(std::holds_alternative<Published>(second));
  EXPECT_EQ(std::get<Published>(second).remote_id, first.remote_id);
}

TEST_F(XNetwork, DoesNotTakeAnOlderPostForTheDuplicate) {
  stage_.publish(stage_.freeze({{.text = "Good morning"}}));
  stage_.clock.advance(hours(1));
  const auto frozen = stage_.freeze({{.text = "Good morning"}});
  EXPECT_TRUE(std::holds_alternative<Unknown>(stage_.publish(frozen)));
  EXPECT_TRUE(std::holds_alternative<NotThere>(stage_.find(frozen)));
  EXPECT_EQ(stage_.far.taken().size(), 1U);
}

TEST_F(XNetwork, UploadsInPartsAndDescribes) {
  auto image = picture("image/png", 4'500'000);
  image.alt_text = "Nothing but x";
  const auto frozen = stage_.freeze({{.text = "Look", .media = {image}}});
  EXPECT_EQ(stage_.http.count("POST /2/media/upload/"), 1U + 3U + 1U);
  EXPECT_EQ(stage_.http.count("POST /2/media/metadata"), 1U);
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.find(frozen)));
}

TEST_F(XNetwork, GoesOnWithAnUploadAfterACrash) {
  testing::MemoryProgress progress;
  stage_.progress = &progress;
  const Content content{.parts = {{.text = "Look", .media = {picture("image/gif")}}}};
  ASSERT_TRUE(std::holds_alternative<StillWorking>(stage_.prepare(content)));
  const auto prepared = stage_.prepare(content);
  ASSERT_TRUE(std::holds_alternative<Frozen>(prepared));
  EXPECT_EQ(stage_.http.count("POST /2/media/upload/initialize"), 1U);
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(std::get<Frozen>(prepared))));
}

TEST_F(XNetwork, TakesOneGifOnly) {
  const auto errors = stage_.network.check(
      {{.text = "x", .media = {{.content_type = "image/gif"}, {.content_type = "image/png"}}}},
      stage_.network.limits(stage_.account));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].field, "parts[0].media");
}

TEST_F(XNetwork, RenewsWithTokensThatWorkOnce) {
  for (int i = 0; i < 3; ++i) {
    const auto renewed = renew();
    ASSERT_TRUE(std::holds_alternative<Renewed>(renewed));
    stage_.account.credentials = std::get<Renewed>(renewed).credentials;
    const auto at = *stage_.network.renew_at(stage_.account);
    EXPECT_EQ(at - stage_.clock.now(), minutes(90));
    stage_.clock.set(at);
  }
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(stage_.freeze({{.text = "x"}}))));
}

TEST_F(XNetwork, NeverOverwritesARefreshTokenWithNothing) {
  stage_.far.keep_refresh_token();
  const auto before = stage_.account.credentials.at("refresh_token");
  const auto renewed = renew();
  ASSERT_TRUE(std::holds_alternative<Renewed>(renewed));
  EXPECT_EQ(std::get<Renewed>(renewed).credentials.at("refresh_token"), before);
}

TEST_F(XNetwork, TellsARevokedGrantFromANetworkThatIsDown) {
  auto credentials = stage_.account.credentials;
  stage_.account.credentials["server"] = "http://nowhere.test";
  EXPECT_TRUE(std::holds_alternative<RetryLater>(renew()));
  stage_.account.credentials = credentials;
  stage_.far.revoke();
  EXPECT_TRUE(std::holds_alternative<AccountBroken>(renew()));
}

TEST_F(XNetwork, SendsNothingWhileItsTokenHasRunOut) {
  stage_.account.credentials = std::get<Renewed>(renew()).credentials;
  const auto frozen = stage_.freeze({{.text = "x"}});
  stage_.clock.advance(hours(3));
  EXPECT_TRUE(std::holds_alternative<RetryLater>(stage_.publish(frozen)));
  EXPECT_TRUE(std::holds_alternative<CannotKnow>(stage_.find(frozen)));
  EXPECT_EQ(stage_.http.count("POST /2/tweets"), 0U);
  stage_.account.credentials = std::get<Renewed>(renew()).credentials;
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
}

TEST_F(XNetwork, WaitsAsTheHeadersSay) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(std::holds_alternative<Published>(
        stage_.publish(stage_.freeze({{.text = fmt::format("Post {}", i)}}))));
  }
  const auto outcome = stage_.publish(stage_.freeze({{.text = "One too many"}}));
  ASSERT_TRUE(std::holds_alternative<RetryLater>(outcome));
  EXPECT_GT(std::get<RetryLater>(outcome).after, minutes(14));
}

TEST_F(XNetwork, AllowsLongerPostsToThoseWhoHaveThem) {
  auto settings = stage_.far.settings(testing::stage_origin);
  settings["long_posts"] = "yes";
  stage_.connect(settings);
  EXPECT_EQ(stage_.network.limits(stage_.account).text_max, 25'000);
  settings["long_posts"] = "perhaps";
  EXPECT_EQ(stage_.connect(settings).error().fields.at(0).field, "long_posts");
}

TEST(XFailure, KnowsWhatIsAboutTheAccount) {
  const auto outcome = [](int status, std::string body) {
    return x::failure_in(http::ClientResponse{.status = status, .body = std::move(body)}, {})
        ->outcome;
  };
  EXPECT_TRUE(std::holds_alternative<AccountBroken>(
      outcome(403, R"({"detail":"Your account is temporarily locked."})")));
  EXPECT_TRUE(std::holds_alternative<AccountBroken>(
      outcome(402, R"({"title":"CreditsDepleted","detail":"No credits left."})")));
  EXPECT_TRUE(std::holds_alternative<Rejected>(
      outcome(403, R"({"detail":"Reply to this conversation is not allowed."})")));
}

TEST(XLookup, ReadsWhatWasWritten) {
  const auto post = json::parse(
      R"({"text":"A &amp; B https://t.co/1 https://t.co/2","entities":{"urls":[
          {"url":"https://t.co/1","expanded_url":"https://example.org/x"},
          {"url":"https://t.co/2","media_key":"3_7"}]}})");
  EXPECT_EQ(compare(wording_of("A & B https://example.org/x"), wording_of(x::words_of(post))),
            Likeness::same);
}

}  // namespace
}  // namespace networks
