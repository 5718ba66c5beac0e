#include "networks/wording.h"

#include "networks/window.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

Likeness like(std::string_view sent, std::string_view html) {
  return compare(wording_of(sent), wordings_of_html(html));
}

TEST(Wording, KnowsAPostHoweverItIsRendered) {
  EXPECT_EQ(like("Hello world", "Hello world"), Likeness::same);
  EXPECT_EQ(like("One\n\nTwo\nThree", "<p>One</p><p>Two<br>Three</p>"), Likeness::same);
  EXPECT_EQ(like("a & b < c > \"d\" it's", "<p>a &amp; b &lt; c &gt; &quot;d&quot; it&#39;s</p>"),
            Likeness::same);
  EXPECT_EQ(like("It's \"so\" - no", "<p>It’s “so” – no</p>"), Likeness::same);
  EXPECT_EQ(like("Nice 👍 day", "<p>Nice <img class='emoji' alt='👍' src='/e.png'/> day</p>"),
            Likeness::same);
  EXPECT_EQ(like("Heart ❤️", "<p>Heart ❤</p>"), Likeness::same) << "a variation selector got lost";
}

TEST(Wording, SeesThroughLinksAndMentions) {
  const auto* sent = "Read https://www.example.org/a/long/path?x=1&y=2 now";
  EXPECT_EQ(like(sent,
                 "<p>Read <a href=\"https://www.example.org/a/long/path?x=1&amp;y=2\" "
                 "rel=\"nofollow\">example.org/a/long…</a> now</p>"),
            Likeness::same);
  EXPECT_EQ(like(sent, "Read https://www.example.org/a/long/path?x=1&amp;y=2 now"), Likeness::same);
  EXPECT_EQ(like("See https://example.org", "<p>See <a href='http://example.org/'>example</a></p>"),
            Likeness::same);
  EXPECT_EQ(like("See example.org", "<p>See <a href=\"http://example.org\">example.org</a></p>"),
            Likeness::same);
  EXPECT_EQ(like("Hi @anna@social.example, #news",
                 "<p>Hi <a href=\"https://social.example/@anna\" class=\"u-url\">@anna</a>, "
                 "<a href=\"/tags/news\" rel=\"tag\">#<span>news</span></a></p>"),
            Likeness::same);
  EXPECT_EQ(like("Hi @anna@social.example", "<p>Hi <span>@anna@social.example</span></p>"),
            Likeness::same);
}

TEST(Wording, DoesNotTakeAnotherPostForIt) {
  EXPECT_EQ(like("Post 1", "<p>Post 2</p>"), Likeness::none);
  EXPECT_EQ(like("Hello", "<p>Hello world</p>"), Likeness::none);
  EXPECT_EQ(like("", "<p>Hello</p>"), Likeness::none);
  // What a feed's bot posts.
  EXPECT_EQ(
      like("New: https://example.org/1", "<p>New: <a href=\"https://example.org/2\">2</a></p>"),
      Likeness::none);
}

TEST(Wording, AsksWhereOnlyTheLettersAgree) {
  EXPECT_EQ(like("Hello world", "<p>Hello, world!</p>"), Likeness::perhaps);
  EXPECT_EQ(like("So *nice* it is", "<p>So <em>nice</em> it is</p>"), Likeness::perhaps);
  EXPECT_EQ(like("New: https://example.org/1", "<p>New: <a href=\"https://sho.rt/x\">x</a></p>"),
            Likeness::perhaps);
}

TEST(Wording, ReadsAPageOfOpenLinksInNoTime) {
  std::string html;
  for (int i = 0; i < 200'000; ++i) html += "<a href='x'>";
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(like("Hello", html), Likeness::none);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

TEST(Wording, SurvivesBrokenMarkup) {
  for (const auto* html : {"<", "<a", "<a href=", "<a href=\"x", "<a href=\"x\">y", "<img alt='",
                           "<a href='x'></a", "&#", "<p <a></p"}) {
    EXPECT_EQ(like("Hello", html), Likeness::none) << html;
  }
}

class InWindow : public ::testing::Test {
 protected:
  const base::Instant made_ = *base::parse_rfc3339("2026-11-23T09:00:00.400Z");
  const base::Instant now_ = made_ + std::chrono::minutes(5);
  Likeness at(std::string_view created, const Window& window) {
    return limit_by_age(Likeness::same, parse_created_at(created), window);
  }
};

TEST_F(InWindow, BelievesOnlyPostsOfItsTime) {
  const auto window = window_from(made_, {}, now_);
  EXPECT_EQ(at("2026-11-23T09:00:01Z", window), Likeness::same);
  EXPECT_EQ(at("2026-11-23T09:00:00Z", window), Likeness::same) << "cut to seconds";
  EXPECT_EQ(at("2026-11-23T09:00:01", window), Likeness::same) << "no zone";
  EXPECT_EQ(at("2026-11-23T08:59:30Z", window), Likeness::perhaps);
  EXPECT_EQ(at("2026-11-23T08:00:00Z", window), Likeness::none);
  EXPECT_EQ(at("", window), Likeness::perhaps);
}

TEST_F(InWindow, MeasuresTheClockOfTheNetwork) {
  http::Headers headers;
  headers.set("Date", base::format_http_date(now_ - std::chrono::minutes(8)));
  const auto behind = window_from(made_, headers, now_);
  EXPECT_EQ(at("2026-11-23T08:52:00Z", behind), Likeness::same);
  EXPECT_EQ(at("2026-11-23T08:51:00Z", behind), Likeness::perhaps);
  EXPECT_EQ(at("2026-11-23T08:40:00Z", behind), Likeness::none);
  headers.set("Date", base::format_http_date(now_ + std::chrono::minutes(8)));
  const auto ahead = window_from(made_, headers, now_);
  EXPECT_EQ(at("2026-11-23T09:08:00Z", ahead), Likeness::same);
  EXPECT_EQ(at("2026-11-23T09:00:00Z", ahead), Likeness::perhaps);
}

TEST_F(InWindow, DoesNotRelyOnAnAbsurdDate) {
  http::Headers headers;
  headers.set("Date", base::format_http_date(now_ - std::chrono::hours(3)));
  const auto absurd = window_from(made_, headers, now_);
  EXPECT_EQ(at("2026-11-23T09:00:01Z", absurd), Likeness::same);
  EXPECT_EQ(at("2026-11-23T06:00:01Z", absurd), Likeness::perhaps) << "or is it right after all?";
}

}  // namespace
}  // namespace networks
