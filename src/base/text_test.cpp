#include "base/text.h"

#include "base/id.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Counting, FollowsEachUnit) {
  const std::string family = "👨‍👩‍👧‍👦";
  EXPECT_EQ(count_graphemes(family), 1U);
  EXPECT_EQ(count_code_points(family), 7U);
  EXPECT_EQ(count_utf16(family), 11U);
  EXPECT_EQ(count_graphemes("e\xcc\x81"), 1U);
  EXPECT_EQ(count_graphemes("a\r\nb"), 3U);
  EXPECT_EQ(count_graphemes("नमस्ते"), 3U);
  EXPECT_EQ(count_graphemes(""), 0U);
}

TEST(Counting, SurvivesBrokenBytes) {
  const std::string broken = "a\xff\xfe\xf0\x9f";
  EXPECT_FALSE(is_utf8(broken));
  EXPECT_GT(count_graphemes(broken), 0U);
  EXPECT_TRUE(is_utf8(clean_utf8(broken)));
}

TEST(Cleaning, DropsControlCharacters) {
  EXPECT_EQ(clean_utf8("a\x01\tb\nc\x7f\xc2\x85"), "a\tb\nc");
}

TEST(Truncating, CutsAtAWord) {
  EXPECT_EQ(truncate_graphemes("short", 10), "short");
  EXPECT_EQ(truncate_graphemes("one two three four", 12), "one two…");
  EXPECT_EQ(truncate_graphemes("abcdefghijklmnop", 5), "abcd…");
  EXPECT_EQ(truncate_graphemes("abc", 0), "");
}

TEST(Encoding, RoundTrips) {
  for (const std::string& bytes : {std::string(), std::string("f"), std::string("fo"),
                                   std::string("foo"), std::string("\xff\xfe\x00\x01", 4)}) {
    EXPECT_EQ(from_base64(base64(bytes)), bytes);
    EXPECT_EQ(from_base64(base64url(bytes)), bytes);
    EXPECT_EQ(from_hex(hex(bytes)), bytes);
    EXPECT_EQ(url_decode(url_encode(bytes), false), bytes);
  }
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(from_base64("Zm9v!"), "");
  EXPECT_EQ(url_decode("a%2", false), "a%2");
  EXPECT_EQ(url_decode("a+b%20c", true), "a b c");
}

TEST(Html, BecomesText) {
  EXPECT_EQ(
      html_to_text("<p>Hello <a href=\"x\">@you</a> &amp; &lt;all&gt;</p><p>two<br>three</p>"),
      "Hello @you & <all>\ntwo\nthree");
  EXPECT_EQ(html_to_text("a<script>alert(1)</script>b<!-- c > d -->e"), "abe");
  EXPECT_EQ(html_to_text("1 < 2 &unknown; &#x1F600; &#0;"), "1 < 2 &unknown; 😀 &#0;");
  EXPECT_EQ(html_to_text("<p"), "");
  EXPECT_EQ(html_to_text("<script>never closed"), "");
}

std::vector<std::string> cut(std::string_view text, const std::vector<Span>& spans) {
  std::vector<std::string> parts;
  for (const Span span : spans) parts.emplace_back(text.substr(span.begin, span.end - span.begin));
  return parts;
}

TEST(Urls, EndWhereTheSentenceGoesOn) {
  const std::string_view text =
      "See https://example.org/a_(b). (http://x.y/z), HTTPS://Q.R! ftp://no.pe https://";
  EXPECT_EQ(cut(text, find_urls(text)),
            (std::vector<std::string>{"https://example.org/a_(b)", "http://x.y/z", "HTTPS://Q.R"}));
}

TEST(Hashtags, OfEveryScript) {
  const std::string_view text = "#one, #日本語 x#no #123 #a1 https://e.org/#frag &#39; #नमस्ते!";
  EXPECT_EQ(cut(text, find_hashtags(text)),
            (std::vector<std::string>{"#one", "#日本語", "#a1", "#नमस्ते"}));
}

TEST(Folding, MakesSpellingsEqual) {
  EXPECT_EQ(fold("Straße ＡＢＣ"), fold("STRASSE abc"));
  EXPECT_EQ(fold("ABC"), "abc");
}

TEST(Ids, AreOrderedAndUnique) {
  std::string last;
  for (int index = 0; index < 5000; ++index) {
    const std::string id = make_uuid7();
    ASSERT_TRUE(is_uuid(id)) << id;
    ASSERT_LT(last, id);
    last = id;
  }
  EXPECT_FALSE(is_uuid("01890a5d-ac96-774b-bcce-b302099a805"));
  EXPECT_FALSE(is_uuid("01890a5dxac96-774b-bcce-b302099a8057"));
}

}  // namespace
}  // namespace base
