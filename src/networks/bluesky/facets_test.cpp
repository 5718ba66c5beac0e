#include "networks/bluesky/facets.h"

#include "base/json.h"

#include <gtest/gtest.h>

namespace networks::bluesky {
namespace {

std::string spanned(std::string_view text, const json::value& facet) {
  const auto begin = static_cast<std::size_t>(base::integer_at(facet, "/index/byteStart"));
  const auto end = static_cast<std::size_t>(base::integer_at(facet, "/index/byteEnd"));
  return std::string(text.substr(begin, end - begin));
}

TEST(Facets, MarkLinksTagsAndMentionsInBytes) {
  const std::string text = "Grüße 👋 @anna.example.com: https://example.org/ä?b=1#c zu #Köln";
  const auto facets = make_facets(text, {{"anna.example.com", "did:plc:anna"}});
  ASSERT_EQ(facets.size(), 3U);
  EXPECT_EQ(spanned(text, facets[0]), "@anna.example.com");
  EXPECT_EQ(base::text_at(facets[0], "/features/0/did"), "did:plc:anna");
  EXPECT_EQ(base::text_at(facets[1], "/features/0/uri"), spanned(text, facets[1]));
  EXPECT_EQ(base::text_at(facets[1], "/features/0/$type"), "app.bsky.richtext.facet#link");
  EXPECT_EQ(spanned(text, facets[2]), "#Köln");
  EXPECT_EQ(base::text_at(facets[2], "/features/0/tag"), "Köln");
}

TEST(Facets, LeaveUnknownPeoplePlain) {
  EXPECT_TRUE(make_facets("@nobody.example.com", {}).empty());
}

TEST(Facets, FindMentionsButNoAddresses) {
  const auto handles = [](std::string_view text) {
    std::vector<std::string> out;
    for (const auto& mention : find_mentions(text)) out.push_back(mention.handle);
    return out;
  };
  EXPECT_EQ(handles("(@Anna.Example.com) and @b.test."),
            (std::vector<std::string>{"anna.example.com", "b.test"}));
  EXPECT_TRUE(handles("mail me@example.com").empty());
  EXPECT_TRUE(handles("@user@mastodon.social").empty());
  EXPECT_TRUE(handles("https://example.org/@anna.example.com").empty());
  EXPECT_TRUE(handles("@nodots @ @. @a..b @1.2").empty());
}

TEST(Facets, IgnoreTagsThatAreTooLong) {
  EXPECT_TRUE(make_facets("#" + std::string(65, 'a'), {}).empty());
  EXPECT_EQ(make_facets("#" + std::string(64, 'a'), {}).size(), 1U);
}

}  // namespace
}  // namespace networks::bluesky
