#include "accounts/credentials.h"

#include <gtest/gtest.h>

namespace accounts {
namespace {

TEST(MergeCredentials, NeverReplacesWithNothing) {
  const json::object known{{"access", "a1"}, {"refresh", "r1"}, {"server", "s"}};
  const json::object merged =
      merge_credentials(known, {{"access", "a2"}, {"refresh", ""}, {"server", nullptr}});
  EXPECT_EQ(merged, (json::object{{"access", "a2"}, {"refresh", "r1"}, {"server", "s"}}));
}

TEST(MergeCredentials, AddsAndReplaces) {
  const json::object merged = merge_credentials({{"a", 1}}, {{"a", 2}, {"b", false}});
  EXPECT_EQ(merged, (json::object{{"a", 2}, {"b", false}}));
}

TEST(TidyIdentity, KeepsNoScriptAsALink) {
  const auto tidy = tidy_identity({.remote_id = "1",
                                   .handle = " @a\x01 ",
                                   .display_name = std::string(1000, 'n'),
                                   .url = "javascript:alert(1)",
                                   .avatar_url = "https://a.example/x.png"});
  ASSERT_TRUE(tidy);
  EXPECT_EQ(tidy->handle, "@a");
  EXPECT_LT(tidy->display_name.size(), 310U);
  EXPECT_EQ(tidy->url, "");
  EXPECT_EQ(tidy->avatar_url, "https://a.example/x.png");
}

TEST(TidyIdentity, RefusesWhatCannotBeKept) {
  EXPECT_FALSE(tidy_identity({.remote_id = ""}));
  EXPECT_FALSE(tidy_identity({.remote_id = "1", .details = {{"x", std::string(70000, 'x')}}}));
}

}  // namespace
}  // namespace accounts
