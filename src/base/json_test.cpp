#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace base {
namespace {

json::value parse(std::string_view text) { return parse_json(text).value(); }

std::vector<std::string> fields_of(const Error& error) {
  std::vector<std::string> names;
  for (const FieldError& field : error.fields) names.push_back(field.field);
  return names;
}

TEST(ParseJson, IsBounded) {
  EXPECT_TRUE(parse_json(" {\"a\": [1, 2.5, null]} \n"));
  EXPECT_FALSE(parse_json(""));
  EXPECT_FALSE(parse_json("{\"a\":1} x"));
  EXPECT_FALSE(parse_json(std::string(1000, '[')));
  EXPECT_EQ(parse_json("{").error().code, "bad_json");
}

TEST(JsonReader, NamesEveryBadField) {
  const json::value body = parse(
      R"({"name":"", "count": 11, "flag": "yes", "at": "tomorrow", "list": [1], "extra": 1})");
  JsonReader in(body);
  in.text("name", {.min = 1, .max = 5});
  in.text("missing", {});
  in.optional_integer("count", 0, 10);
  in.optional_boolean("flag");
  in.optional_instant("at");
  in.texts("list", 5, {.min = 1, .max = 5});
  const auto verdict = in.finish();
  ASSERT_FALSE(verdict);
  EXPECT_THAT(
      fields_of(verdict.error()),
      testing::UnorderedElementsAre("name", "missing", "count", "flag", "at", "list[0]", "extra"));
  EXPECT_EQ(verdict.error().status, 422);
}

TEST(JsonReader, ReadsNestedObjectsWithTheirPath) {
  const json::value body = parse(R"({"when": {"type": 3}})");
  JsonReader in(body);
  ASSERT_NE(in.optional_object("when"), nullptr);
  JsonReader when(body.at("when"), in.path("when"));
  when.text("type", {});
  in.absorb(when);
  EXPECT_THAT(fields_of(in.finish().error()), testing::ElementsAre("when.type"));
}

TEST(JsonReader, AcceptsWhatIsRight) {
  const json::value body = parse(R"({"a":"x","n":3,"i":null})");
  JsonReader in(body);
  EXPECT_EQ(in.text("a", {.min = 1, .max = 1}), "x");
  EXPECT_EQ(in.integer("n", 0, 3), 3);
  EXPECT_FALSE(in.optional_text("i", {}));
  EXPECT_TRUE(in.finish());
}

TEST(JsonReader, RefusesABodyThatIsNoObject) {
  JsonReader in(parse("[1]"));
  EXPECT_FALSE(in.finish());
}

TEST(Pointers, NeverThrow) {
  const json::value body = parse(R"({"a":{"b":[{"c":"x"}], "n": "7"}})");
  EXPECT_EQ(text_at(body, "/a/b/0/c"), "x");
  EXPECT_EQ(text_at(body, "/a/b/9/c", "none"), "none");
  EXPECT_EQ(text_at(body, "broken pointer", "none"), "none");
  EXPECT_EQ(integer_at(body, "/a/n", -1), -1);
}

}  // namespace
}  // namespace base
