#include "networks/doubles/telegram.h"

#include "networks/answer.h"
#include "networks/testing_stage.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

using doubles::Fault;
using doubles::TelegramDouble;
using testing::stage_origin;

class Telegram : public ::testing::Test {
 protected:
  Telegram() { stage_.connect(); }

  static Image photo(std::int64_t width = 800, std::int64_t height = 600) {
    return {
        .content_type = "image/jpeg", .bytes = "\xff\xd8 photo", .width = width, .height = height};
  }
  json::object form() const { return stage_.far.settings(stage_origin); }
  std::string wrong_field(json::object settings) {
    const auto identity = stage_.connect(std::move(settings));
    return identity ? "" : identity.error().fields.at(0).field;
  }
  std::vector<base::FieldError> check(std::string text, std::size_t photos) const {
    const std::vector<MediaInfo> media(photos, {.content_type = "image/png", .bytes = 100});
    return stage_.network.check({{.text = std::move(text), .media = media}},
                                stage_.network.about().limits);
  }

  testing::Stage<TelegramDouble> stage_{"telegram"};
};

TEST_F(Telegram, KnowsChannelAndBot) {
  const auto identity = stage_.connect(form());
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->remote_id, "-1001234567890");
  EXPECT_EQ(identity->handle, "@rehearsal");
  EXPECT_EQ(identity->url, "https://t.me/rehearsal");
  EXPECT_EQ(identity->details.at("bot").as_string(), "@rehearsal_bot");
}

TEST_F(Telegram, ReadsWhatPeoplePaste) {
  for (const auto* chat : {"@rehearsal", "rehearsal", "https://t.me/rehearsal", "-1001234567890"}) {
    auto settings = form();
    settings["chat"] = chat;
    EXPECT_TRUE(stage_.connect(settings).has_value()) << chat;
  }
}

TEST_F(Telegram, TellsWhatIsWrongWithTheForm) {
  auto settings = form();
  settings["token"] = "123456789:not-the-token-of-this-bot-0123456789";
  EXPECT_EQ(wrong_field(settings), "token");
  settings["token"] = "../../etc/passwd";
  EXPECT_EQ(wrong_field(settings), "token");
  settings = form();
  settings["chat"] = "@elsewhere";
  EXPECT_EQ(wrong_field(settings), "chat");
  settings["chat"] = "no chat/at all";
  EXPECT_EQ(wrong_field(settings), "chat");
  settings = form();
  settings["server"] = "ftp://example.org";
  EXPECT_EQ(wrong_field(settings), "server");
}

TEST_F(Telegram, AsksWhetherTheBotMayPost) {
  stage_.far.demote();
  const auto identity = stage_.connect(form());
  ASSERT_FALSE(identity.has_value());
  EXPECT_EQ(identity.error().fields.at(0).field, "chat");
  EXPECT_NE(identity.error().fields.at(0).message.find("administrator"), std::string::npos);
  const auto health = testing::run<Network::Health>(
      [&] { return stage_.network.test(stage_.context(), stage_.account); });
  EXPECT_TRUE(health.broken);
  EXPECT_EQ(stage_.publish(stage_.freeze({{.text = "Hello"}})).index(), 4U) << "account broken";
}

TEST_F(Telegram, LinksToTheMessage) {
  const auto done = std::get<Published>(stage_.publish(stage_.freeze({{.text = "Hello"}})));
  EXPECT_EQ(done.url, "https://t.me/rehearsal/1");
  stage_.account.details["username"] = "";
  const auto hidden = std::get<Published>(stage_.publish(stage_.freeze({{.text = "Again"}})));
  EXPECT_EQ(hidden.url, "https://t.me/c/1234567890/2");
}

TEST_F(Telegram, CountsAsUtf16) {
  std::string text;
  for (int i = 0; i < 2048; ++i) text += "👍";
  EXPECT_TRUE(check(text, 0).empty());
  EXPECT_EQ(check(text + "a", 0).at(0).field, "parts[0].text");
}

TEST_F(Telegram, TakesShorterTextsWithPictures) {
  EXPECT_TRUE(check(std::string(1024, 'a'), 1).empty());
  const auto errors = check(std::string(1025, 'a'), 1);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].field, "parts[0].text");
  EXPECT_NE(errors[0].message.find("1024"), std::string::npos);
  // The double says the same to what comes past the check.
  const auto outcome =
      stage_.publish(stage_.freeze({{.text = std::string(1025, 'a'), .media = {photo()}}}));
  EXPECT_NE(std::get<Rejected>(outcome).reason.find("caption is too long"), std::string::npos);
}

TEST_F(Telegram, SendsOnePhotoOrAnAlbum) {
  for (const std::size_t count : {1, 2, 10}) {
    const std::vector<Image> photos(count, photo());
    const auto outcome =
        stage_.publish(stage_.freeze({{.text = "Look \"here\"", .media = photos}}));
    EXPECT_TRUE(std::holds_alternative<Published>(outcome)) << count << reason_of(outcome);
    EXPECT_EQ(stage_.far.taken().back().text, "Look \"here\"");
  }
  EXPECT_EQ(stage_.http.count("POST /bot"), 3U + 3U);
}

TEST_F(Telegram, SendsAPhotoWithoutWords) {
  EXPECT_TRUE(std::holds_alternative<Published>(
      stage_.publish(stage_.freeze({{.text = "", .media = {photo()}}}))));
}

TEST_F(Telegram, RefusesPicturesOfAbsurdShape) {
  for (const auto& strange : {photo(9000, 1001), photo(2100, 100)}) {
    EXPECT_TRUE(std::holds_alternative<Rejected>(
        stage_.prepare({.parts = {{.text = "x", .media = {strange}}}})));
  }
}

TEST_F(Telegram, WaitsAsTheBodyAsks) {
  const auto frozen = stage_.freeze({{.text = "x"}});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(stage_.publish(frozen).index(), 0U);
  const auto outcome = stage_.publish(frozen);
  ASSERT_TRUE(std::holds_alternative<RetryLater>(outcome));
  EXPECT_EQ(std::get<RetryLater>(outcome).after, std::chrono::seconds(30));
}

TEST_F(Telegram, PlansForItsBudget) {
  const auto budgets = stage_.network.budgets(stage_.account);
  ASSERT_EQ(budgets.size(), 1U);
  EXPECT_EQ(budgets[0].units, 20);
  EXPECT_EQ(budgets[0].window, std::chrono::seconds(60));
}

TEST_F(Telegram, AnAnswerToAMessageThatIsGoneIsRefused) {
  const auto prepared =
      stage_.prepare({.parts = {{.text = "two"}}, .reply_to = json::object{{"message_id", 99}}});
  const auto outcome = stage_.publish(std::get<Frozen>(prepared));
  EXPECT_TRUE(std::holds_alternative<Rejected>(outcome));
}

}  // namespace
}  // namespace networks
