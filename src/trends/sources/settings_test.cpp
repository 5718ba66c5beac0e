// The settings of every source.
#include "trends/source.h"

#include <gtest/gtest.h>

namespace trends {
namespace {

TEST(SourceSettings, AreChecked) {
  const auto problem = [](std::string_view source, json::object settings) {
    const auto checked = source_by_id(source)->check(
        *networks::check_settings(source_by_id(source)->about().settings, settings));
    return checked.empty() ? std::string() : checked.front().field;
  };
  EXPECT_EQ(problem("feed", {{"urls", json::array{json::value("gopher://x")}}}), "urls");
  EXPECT_EQ(
      problem("feed", {{"urls", json::array{json::value("https://e.org/f")}}, {"every", "soon"}}),
      "every");
  EXPECT_EQ(problem("mastodon", {{"instances", json::array{json::value("m.example\"><b>")}}}),
            "instances");
  EXPECT_EQ(problem("mastodon", {{"lists", json::array{json::value("everything")}}}), "lists");
  EXPECT_EQ(problem("jetstream", {{"endpoints", json::array{json::value("https://e.org")}}}),
            "endpoints");
  EXPECT_EQ(problem("jetstream", {{"version", "3"}}), "version");
  EXPECT_EQ(problem("recording", {{"file", "../x"}}), "file");
  EXPECT_EQ(problem("demonstration", {{"speed", "-1"}}), "speed");
  EXPECT_EQ(problem("demonstration", {}), "");
  for (const auto& source : all_sources()) {
    if (!source->about().on_by_default) continue;
    const auto defaults = networks::check_settings(source->about().settings, {});
    ASSERT_TRUE(defaults) << source->about().id;
    EXPECT_TRUE(source->check(*defaults).empty()) << source->about().id;
  }
}

}  // namespace
}  // namespace trends
