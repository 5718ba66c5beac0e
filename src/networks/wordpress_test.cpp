#include "networks/doubles/wordpress.h"

#include "networks/answer.h"
#include "networks/testing_stage.h"
#include "networks/wordpress/article.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace networks {
namespace {

using doubles::Fault;
using doubles::WordPressDouble;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::stage_origin;
using wordpress::make_article;
using Permalinks = WordPressDouble::Permalinks;

const std::string some_key = "0123456789abcdef0123456789abcdef";

class WordPress : public ::testing::Test {
 protected:
  WordPress() { stage_.connect(); }
  testing::Stage<WordPressDouble> stage_{"wordpress", Permalinks::pretty};
};

TEST_F(WordPress, KnowsSiteAndUser) {
  const auto identity = stage_.connect(stage_.far.settings(stage_origin));
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->handle, "rehearsal@network.test");
  EXPECT_EQ(identity->display_name, "Rehearsal & Co");
  EXPECT_EQ(identity->remote_id, "2@network.test");
}

TEST_F(WordPress, TakesTheSiteOutOfAnyOfItsAddresses) {
  for (const auto* tail : {"/", "/wp-admin/profile.php", "/wp-json/", "/wp-login.php?x=1"}) {
    const auto identity = stage_.connect(stage_.far.settings(stage_origin + tail));
    ASSERT_TRUE(identity.has_value()) << tail;
    EXPECT_EQ(identity->url, stage_origin);
  }
}

TEST_F(WordPress, TellsWhatIsWrongWithTheForm) {
  auto settings = stage_.far.settings(stage_origin);
  settings["application_password"] = "wrong";
  EXPECT_EQ(stage_.connect(settings).error().fields.at(0).field, "application_password");
  settings = stage_.far.settings(stage_origin + "/a/page/that/is/not/there");
  EXPECT_EQ(stage_.connect(settings).error().fields.at(0).field, "site");
  stage_.far.demote();
  EXPECT_EQ(stage_.connect(stage_.far.settings(stage_origin)).error().fields.at(0).field,
            "username");
}

TEST_F(WordPress, SaysWhenTheSiteHasNoApplicationPasswords) {
  testing::FakeHttp http;
  http.answer_json(200, R"({"name":"Old","namespaces":["wp/v2"],"authentication":[]})");
  http.answer_json(401, R"({"code":"rest_not_logged_in","message":"You are not logged in."})");
  auto context = stage_.context();
  context.http = &http;
  const auto identity = testing::run<base::Result<Identity>>(
      [&] { return stage_.network.connect(context, stage_.far.settings(stage_origin)); });
  ASSERT_FALSE(identity.has_value());
  EXPECT_EQ(identity.error().fields.at(0).field, "site");
  EXPECT_THAT(identity.error().fields.at(0).message, HasSubstr("https"));
}

TEST_F(WordPress, TheSamePostTwiceWouldDouble) {
  const auto frozen = stage_.freeze({{.text = "Job"}});
  stage_.publish(frozen);
  stage_.publish(frozen);
  EXPECT_EQ(stage_.far.taken().size(), 2U) << "else the look-up would be for nothing";
  EXPECT_EQ(std::get<Published>(stage_.find(frozen)).remote_id, stage_.far.taken().at(0).id);
}

TEST_F(WordPress, UploadsPicturesWithTheirDescriptions) {
  const auto frozen = stage_.freeze(
      {{.text = "Look",
        .media = {{.content_type = "image/png", .bytes = "x", .alt_text = "A <cat>"}}}});
  EXPECT_TRUE(std::holds_alternative<Published>(stage_.publish(frozen)));
  EXPECT_EQ(stage_.far.descriptions(), std::vector<std::string>{"A <cat>"});
  EXPECT_THAT(json::serialize(stage_.far.posts().at(0)), HasSubstr("alt=\\\"A &lt;cat&gt;\\\""));
}

TEST_F(WordPress, RefusesAFileInTheServersWords) {
  const auto prepared = stage_.prepare(
      {.parts = {{.text = "Look", .media = {{.content_type = "text/plain", .bytes = "x"}}}}});
  ASSERT_TRUE(std::holds_alternative<Rejected>(prepared));
  EXPECT_EQ(std::get<Rejected>(prepared).code, "rest_upload_sideload_error");
}

TEST_F(WordPress, AUserWhoLostTheRightToPublishPausesTheAccount) {
  const auto frozen = stage_.freeze({{.text = "x"}});
  stage_.far.demote();
  EXPECT_TRUE(std::holds_alternative<AccountBroken>(stage_.publish(frozen)));
}

TEST_F(WordPress, ALookUpThatCannotBeReadIsNoAnswer) {
  const auto frozen = stage_.freeze({{.text = "x"}});
  for (const std::string body :
       {"<html>", "{}", R"([{"slug":42}])", R"([{"slug":"other","id":1}])", R"(["text"])"}) {
    testing::FakeHttp http;
    http.answer_json(200, body);
    auto context = stage_.context();
    context.http = &http;
    const auto found =
        testing::run<Found>([&] { return stage_.network.find(context, stage_.account, frozen); });
    ASSERT_TRUE(std::holds_alternative<CannotKnow>(found)) << body;
    EXPECT_TRUE(std::get<CannotKnow>(found).try_again);
  }
}

TEST(WordPressArticle, TakesTheFirstLineForTheTitle) {
  const auto article =
      make_article({.parts = {{.text = "A title\n\nFirst & last\nline.\n\nMore"}}}, {}, some_key);
  EXPECT_EQ(article.title, "A title");
  EXPECT_EQ(article.slug, "a-title-0123456789abcdef");
  EXPECT_THAT(article.content, HasSubstr("<p>First &amp; last<br>line.</p>"));
  EXPECT_THAT(article.content, HasSubstr("<p>More</p>"));
  EXPECT_THAT(article.content, Not(HasSubstr("A title")));
}

TEST(WordPressArticle, AShortTextIsTitleAndText) {
  const auto article = make_article({.parts = {{.text = "Hello"}}}, {}, some_key);
  EXPECT_EQ(article.title, "Hello");
  EXPECT_THAT(article.content, HasSubstr("<p>Hello</p>"));
}

TEST(WordPressArticle, IsHarmless) {
  const auto article = make_article(
      {.parts = {{.text = "<script>alert(1)</script> [gallery] https://example.org/?a=1&b=\"x\""}}},
      {}, some_key);
  for (const auto& html : {article.title, article.content}) {
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, Not(HasSubstr("[gallery]")));
  }
  EXPECT_THAT(article.content, HasSubstr("<a href=\"https://example.org/?a=1&amp;b="));
}

TEST(WordPressArticle, NamesWhatHasNoLatinLetters) {
  EXPECT_EQ(make_article({.parts = {{.text = "日本語"}}}, {}, some_key).slug,
            "post-0123456789abcdef");
}

TEST(WordPressArticle, KeepsPicturesWithTheirParts) {
  const Content content{.parts = {{.text = "one", .media = {{}}}, {.text = "two", .media = {{}}}}};
  const auto article = make_article(content,
                                    {{.id = "5", .url = "https://b.test/5.png", .alt_text = "five"},
                                     {.id = "6", .url = "https://b.test/6.png", .alt_text = "six"}},
                                    some_key);
  const auto& html = article.content;
  EXPECT_LT(html.find("one"), html.find("wp-image-5"));
  EXPECT_LT(html.find("wp-image-5"), html.find("two"));
  EXPECT_LT(html.find("two"), html.find("wp-image-6"));
}

}  // namespace
}  // namespace networks
