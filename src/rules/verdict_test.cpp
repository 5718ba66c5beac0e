#include "rules/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rules {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:00:00Z");

Story good() {
  return {.id = "s",
          .label = "#X",
          .score = 10,
          .authors = 20,
          .sources = 2,
          .relevance = 1,
          .languages = {"en"}};
}

std::string reason(const Rule& rule, const Story& story, const Past& past = {},
                   base::Instant now = noon) {
  return why_not(rule, story, past, now).value_or("");
}

TEST(Verdict, HoldsTheThresholds) {
  Rule rule;
  rule.trigger = {.score_min = 5, .authors_min = 10, .sources_min = 2, .relevance_min = 0.5};
  EXPECT_EQ(reason(rule, good()), "");
  Story story = good();
  story.score = 4;
  EXPECT_THAT(reason(rule, story), HasSubstr("score"));
  story = good();
  story.authors = 9;
  EXPECT_THAT(reason(rule, story), HasSubstr("authors"));
  story = good();
  story.sources = 1;
  EXPECT_THAT(reason(rule, story), HasSubstr("sources"));
  story = good();
  story.relevance = 0.4;
  EXPECT_THAT(reason(rule, story), HasSubstr("relevance"));
  story = good();
  story.coordinated = true;
  EXPECT_THAT(reason(rule, story), HasSubstr("coordinated"));
  story = good();
  story.generated = true;
  EXPECT_THAT(reason(rule, story), HasSubstr("demonstration"));
}

TEST(Verdict, HoldsHoursInTheZoneAlsoOverMidnight) {
  Rule rule;
  rule.conditions.time_zone = "Europe/Paris";  // 13:00 there
  rule.conditions.from = 13 * 60;
  rule.conditions.to = 14 * 60;
  EXPECT_EQ(reason(rule, good()), "");
  EXPECT_THAT(reason(rule, good(), {}, noon - 1min), HasSubstr("12:59 in Europe/Paris"));
  EXPECT_NE(reason(rule, good(), {}, noon + 1h), "");
  rule.conditions.from = 22 * 60;
  rule.conditions.to = 6 * 60;
  EXPECT_NE(reason(rule, good()), "");
  EXPECT_EQ(reason(rule, good(), {}, noon + 10h), "");
  EXPECT_EQ(reason(rule, good(), {}, noon + 16h), "");
}

TEST(Verdict, HoldsQuotaCoolDownAndLanguages) {
  Rule rule;
  rule.conditions.per_day_max = 2;
  rule.conditions.cool_down = 30min;
  EXPECT_THAT(reason(rule, good(), {.acted_today = 2}), HasSubstr("times today"));
  EXPECT_THAT(reason(rule, good(), {.acted_today = 1, .last_acted = noon - 29min}),
              HasSubstr("1 more minutes"));
  EXPECT_EQ(reason(rule, good(), {.acted_today = 1, .last_acted = noon - 30min}), "");
  rule.conditions.languages = {"de"};
  EXPECT_THAT(reason(rule, good()), HasSubstr("languages"));
  Story unknown = good();
  unknown.languages.clear();
  EXPECT_EQ(reason(rule, unknown), "");
}

TEST(Verdict, TheDayBeginsInTheZone) {
  EXPECT_EQ(day_begin({.time_zone = "Europe/Paris"}, noon),
            *base::parse_rfc3339("2026-11-22T23:00:00Z"));
}

TEST(Rules, AreReadBackAsTheyWereWritten) {
  const auto body = base::parse_json(R"({"name":"N","watch_list_id":"l",
    "trigger":{"type":"trend","score_min":5},
    "conditions":{"from":"22:00","to":"06:30","time_zone":"Europe/Paris","languages":["en"]},
    "post":{"mode":"slot","account_ids":["a"],"tone":"playful"},"freshness":"drop"})");
  const auto rule = read_rule(*body, "UTC");
  ASSERT_TRUE(rule.has_value()) << rule.error().message;
  EXPECT_EQ(rule->conditions.to, 390);
  const json::object written = to_json(*rule);
  const auto again = read_rule(json::value(written), "UTC");
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(to_json(*again), written);
}

TEST(Rules, WhatIsLeftOutHasDefaultsThatAreReadBack) {
  const json::value body = {{"name", "N"}, {"watch_list_id", "l"}};
  const auto rule = read_rule(body, "Europe/Paris");
  ASSERT_TRUE(rule.has_value()) << rule.error().message;
  const auto again = read_rule(json::value(to_json(*rule)), "UTC");
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->conditions.time_zone, "Europe/Paris");
  EXPECT_FALSE(again->post.has_value());
  EXPECT_FALSE(again->conditions.from.has_value());
}

TEST(Rules, EachBadFieldIsNamed) {
  const auto body = base::parse_json(R"({"name":"","watch_list_id":"l","trigger":{"type":"x"},
    "conditions":{"from":"25:00","time_zone":"Mars"},"post":{"account_ids":[]},"surprise":1})");
  const auto rule = read_rule(*body, "UTC");
  ASSERT_FALSE(rule.has_value());
  std::string fields;
  for (const auto& field : rule.error().fields) fields += field.field + " ";
  for (const auto* name : {"name", "trigger.type", "conditions.from", "conditions.time_zone",
                           "post.account_ids", "surprise"}) {
    EXPECT_THAT(fields, HasSubstr(name));
  }
}

}  // namespace
}  // namespace rules
