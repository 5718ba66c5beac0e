// Threads and Instagram against their double.
#include "networks/doubles/meta.h"

#include "networks/testing_stage.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

using doubles::Fault;
using doubles::MetaDouble;
using MetaStage = testing::Stage<MetaDouble>;
using std::chrono::hours;

Image picture(std::string name) {
  return {.id = base::MediaId(name),
          .content_type = "image/jpeg",
          .bytes = "JPEG",
          .alt_text = "A picture",
          .public_url = "https://us.test/media/" + name};
}

template <MetaDouble::Make make>
class Meta : public ::testing::Test {
 protected:
  Meta() { stage_.connect(); }
  Renewal renew() {
    return testing::run<Renewal>(
        [&] { return stage_.network.renew(stage_.context(), stage_.account); });
  }
  MetaStage stage_{make == MetaDouble::Make::threads ? "threads" : "instagram", make};
};
using ThreadsNetwork = Meta<MetaDouble::Make::threads>;
using InstagramNetwork = Meta<MetaDouble::Make::instagram>;

TEST_F(ThreadsNetwork, PublishesWordsPicturesAndSeveralPictures) {
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(stage_.freeze({{.text = "One"}}))));
  EXPECT_TRUE(std::holds_alternative<Published>(
      stage_.publish(stage_.freeze({{.text = "Two", .media = {picture("a")}}}))));
  EXPECT_TRUE(std::holds_alternative<Published>(
      stage_.publish(stage_.freeze({{.text = "Three", .media = {picture("a"), picture("b")}}}))));
  EXPECT_EQ(stage_.far.taken().size(), 3U);
}

TEST_F(ThreadsNetwork, TakesItsQuotaFromTheNetwork) {
  const auto budgets = stage_.network.budgets(stage_.account);
  ASSERT_EQ(budgets.size(), 1U);
  EXPECT_EQ(budgets[0].units, 250);
  EXPECT_EQ(budgets[0].window, hours(24));
  auto account = stage_.account;
  account.details["quota_total"] = 100;
  EXPECT_EQ(stage_.network.budgets(account)[0].units, 100);
}

TEST_F(ThreadsNetwork, GoesOnWithItsContainersAfterACrash) {
  testing::MemoryProgress progress;
  stage_.progress = &progress;
  const Content content{
      .parts = {{.text = "Look", .media = {picture("slow-a"), picture("slow-b")}}}};
  int rounds = 0;
  auto prepared = stage_.prepare(content);
  for (; std::holds_alternative<StillWorking>(prepared) && rounds < 20; ++rounds) {
    stage_.clock.advance(std::chrono::seconds(2));
    prepared = stage_.prepare(content);
  }
  ASSERT_TRUE(std::holds_alternative<Frozen>(prepared));
  EXPECT_GE(rounds, 2);
  EXPECT_EQ(stage_.far.containers(), 3U) << "two pictures and what holds them";
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(std::get<Frozen>(prepared))));
}

TEST_F(ThreadsNetwork, WaitsWhereStepsDoNotLast) {
  const auto frozen = stage_.freeze({{.text = "Look", .media = {picture("slow")}}});
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
}

TEST_F(ThreadsNetwork, MakesNewContainersWhenTheOldHaveExpired) {
  testing::MemoryProgress progress;
  stage_.progress = &progress;
  const Content content{.parts = {{.text = "Look", .media = {picture("slow")}}}};
  ASSERT_TRUE(std::holds_alternative<StillWorking>(stage_.prepare(content)));
  stage_.clock.advance(hours(30));
  stage_.prepare(content);
  EXPECT_EQ(stage_.far.containers(), 2U);
}

TEST_F(ThreadsNetwork, PublishesAContainerOnce) {
  const auto frozen = stage_.freeze({{.text = "Once"}});
  const auto first = std::get<Published>(stage_.publish(frozen));
  const auto second = std::get<Published>(stage_.publish(frozen));
  EXPECT_EQ(first.remote_id, second.remote_id);
  EXPECT_EQ(first.url, second.url);
  EXPECT_EQ(stage_.far.taken().size(), 1U);
}

TEST_F(ThreadsNetwork, NeverTakesTheNewestPostForIt) {
  const auto frozen = stage_.freeze({{.text = "Mine"}}, "one");
  stage_.far.faults().next(Fault::drop_answer);
  stage_.publish(frozen);
  stage_.publish(stage_.freeze({{.text = "Another"}}, "two"));
  EXPECT_EQ(std::get<Published>(stage_.find(frozen)).remote_id, stage_.far.taken().at(0).id);
}

TEST_F(ThreadsNetwork, FindsThePostWhereContainersCannotBeRead) {
  const auto frozen = stage_.freeze({{.text = "Mine"}});
  stage_.far.hide_containers();
  auto found = stage_.find(frozen);
  ASSERT_TRUE(std::holds_alternative<CannotKnow>(found));
  EXPECT_TRUE(std::get<CannotKnow>(found).try_again);
  stage_.publish(frozen);
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.find(frozen)));
}

TEST_F(ThreadsNetwork, AsksAgainForAContainerThatIsNotShown) {
  testing::MemoryProgress progress;
  stage_.progress = &progress;
  stage_.far.hide_containers();
  const Content content{.parts = {{.text = "Words"}}};
  ASSERT_TRUE(std::holds_alternative<StillWorking>(stage_.prepare(content)));
  stage_.clock.advance(std::chrono::minutes(16));
  EXPECT_TRUE(std::holds_alternative<RetryLater>(stage_.prepare(content))) << "and not for ever";
}

TEST_F(ThreadsNetwork, RejectsAnExpiredContainer) {
  const auto frozen = stage_.freeze({{.text = "Late"}});
  stage_.clock.advance(hours(25));
  EXPECT_TRUE(std::holds_alternative<NotThere>(stage_.find(frozen)));
  EXPECT_TRUE(std::holds_alternative<Rejected>(stage_.publish(frozen)));
  EXPECT_TRUE(stage_.far.taken().empty());
}

TEST_F(ThreadsNetwork, WaitsWhenTheDayIsUsedUp) {
  for (int i = 0; i < 250; ++i) {
    ASSERT_TRUE(std::holds_alternative<Published>(
        stage_.publish(stage_.freeze({{.text = fmt::format("Post {}", i)}}))));
  }
  const auto outcome = stage_.publish(stage_.freeze({{.text = "One too many"}}));
  ASSERT_TRUE(std::holds_alternative<RetryLater>(outcome));
  EXPECT_GE(std::get<RetryLater>(outcome).after, std::chrono::minutes(30));
}

TEST_F(ThreadsNetwork, SaysThatPicturesNeedAPublicAddress) {
  auto image = picture("a");
  image.public_url.clear();
  const auto prepared = stage_.prepare({.parts = {{.text = "Look", .media = {image}}}});
  ASSERT_TRUE(std::holds_alternative<Rejected>(prepared));
  EXPECT_NE(std::get<Rejected>(prepared).reason.find("PUBLIC_URL"), std::string::npos);
}

TEST_F(ThreadsNetwork, RenewsItsTokenAfterADay) {
  const auto at = stage_.network.renew_at(stage_.account);
  ASSERT_TRUE(at.has_value());
  EXPECT_GT(*at - stage_.clock.now(), hours(24));
  const auto early = renew();
  ASSERT_TRUE(std::holds_alternative<RetryLater>(early));
  EXPECT_EQ(std::get<RetryLater>(early).after, hours(24));
  stage_.clock.set(*at);
  const auto renewed = renew();
  ASSERT_TRUE(std::holds_alternative<Renewed>(renewed));
  stage_.account.credentials = std::get<Renewed>(renewed).credentials;
  EXPECT_EQ(stage_.account.credentials.at("access_token"), json::value(stage_.far.token()));
  EXPECT_EQ(*stage_.network.renew_at(stage_.account) - stage_.clock.now(), hours(24 * 50));
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(stage_.freeze({{.text = "x"}}))));
}

TEST_F(ThreadsNetwork, TellsARevokedGrantFromANetworkThatIsDown) {
  stage_.far.revoke();
  EXPECT_TRUE(std::holds_alternative<AccountBroken>(renew()));
  stage_.account.credentials["server"] = "http://nowhere.test";
  EXPECT_TRUE(std::holds_alternative<RetryLater>(renew()));
}

TEST_F(ThreadsNetwork, TellsWhatIsWrongWithTheForm) {
  auto settings = stage_.far.settings(testing::stage_origin);
  settings["access_token"] = "wrong";
  EXPECT_EQ(stage_.connect(settings).error().fields.at(0).field, "access_token");
  settings["server"] = "ws://network.test";
  EXPECT_EQ(stage_.connect(settings).error().fields.at(0).field, "server");
}

TEST_F(InstagramNetwork, PublishesUnderItsProfessionalId) {
  EXPECT_EQ(stage_.account.remote_id, "17841400000000001");
  const auto outcome =
      stage_.publish(stage_.freeze({{.text = "Look", .media = {picture("a"), picture("b")}}}));
  ASSERT_TRUE(std::holds_alternative<Published>(outcome));
  EXPECT_TRUE(std::get<Published>(outcome).url.starts_with("https://"));
}

TEST_F(InstagramNetwork, TakesNoPostWithoutAPicture) {
  const auto limits = stage_.network.limits(stage_.account);
  const auto errors = stage_.network.check({{.text = "Words"}}, limits);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].field, "parts[0].media");
}

TEST_F(InstagramNetwork, CountsHashtags) {
  std::string text;
  for (int i = 0; i < 31; ++i) text += fmt::format("#tag{} ", i);
  const auto errors =
      stage_.network.check({{.text = text, .media = {{.content_type = "image/jpeg", .bytes = 4}}}},
                           stage_.network.limits(stage_.account));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NE(errors[0].message.find("30 hashtags"), std::string::npos);
}

}  // namespace
}  // namespace networks
