#include "trends/flat_lines.h"

#include <map>
#include <random>
#include <simdjson.h>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using testing::ElementsAre;
using testing::Pair;

using Fields = std::vector<std::pair<std::string, std::string>>;

// The fields of the line as FlatLines reads them; nothing when it declines.
std::optional<Fields> flat(const std::string& line, FlatLines& lines) {
  std::string chunk = line + '\n' + std::string(64, '\0');
  std::pmr::monotonic_buffer_resource kept;
  std::size_t next = 0;
  if (!lines.start(std::string_view(chunk).substr(0, line.size() + 1), kept)) return std::nullopt;
  if (!lines.read(0, next)) return std::nullopt;
  EXPECT_EQ(next, line.find('\n') == std::string::npos ? line.size() + 1 : line.find('\n') + 1);
  Fields fields;
  for (const auto& field : lines) {
    std::string value(field.value);
    for (std::size_t i = field.first; field.type == FlatLines::Type::list && i < field.last; ++i)
      value += "[" + std::string(lines.item(i)) + "]";
    fields.emplace_back(field.name, value);
  }
  return fields;
}

std::optional<Fields> flat(const std::string& line) {
  FlatLines lines;
  return flat(line, lines);
}

// The same by simdjson; nothing when the line is no JSON object.
std::optional<Fields> general(const std::string& line) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(simdjson::padded_string(line)).get(object) != simdjson::SUCCESS)
    return std::nullopt;
  Fields fields;
  for (const auto& [name, element] : object) {
    std::string value;
    if (element.is_string()) {
      value = std::string_view(element);
    } else if (element.is_array()) {
      for (const auto item : simdjson::dom::array(element))
        value += item.is_string() ? "[" + std::string(std::string_view(item)) + "]" : "?";
    } else {
      value = simdjson::minify(element);
    }
    fields.emplace_back(name, value);
  }
  return fields;
}

const std::string usual =
    R"({"id": "1", "created_at": "2026-01-01T00:00:00Z", "author":"anna","text":"say \"hi\" \\ )"
    R"(\u00e4 \ud83d\ude00 ü", "lang": null, "tags": ["a", "b\\"], "n": -12, "x": [ ], "repost": true })";

TEST(FlatLines, ReadsAUsualLine) {
  const auto fields = flat(usual);
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields, general(usual));
  EXPECT_THAT((*fields)[3], Pair("text", "say \"hi\" \\ ä 😀 ü"));
  EXPECT_THAT((*fields)[5], Pair("tags", "[a][b\\]"));
}

TEST(FlatLines, LeavesOthersToTheGeneralParser) {
  for (const char* line :
       {"", "[]", "{}", R"({"a":{"b":1}})", R"({"a":1.5})", R"({"a":01})", R"({"a":[1]})",
        R"({"a":"b"} x)", R"({"a":"b",})", R"({"a" "b"})", R"({"a":"\x"})", R"({"a":"\ud800"})",
        R"({"a":"b)", R"({"a":tru})", R"({"a":["b",]})", "{\"a\":\"\t\"}", "{\"a\":\"\xFF\"}"})
    EXPECT_FALSE(flat(line)) << line;
}

// Whatever bytes are changed, also where the line before said otherwise: what is taken is what
// simdjson reads.
TEST(FlatLines, TakesNothingThatTheGeneralParserReadsOtherwise) {
  std::mt19937 random(7);
  const std::string_view bytes = "\"\"\\\\{}[]:,  u0d8truefalsn19-\x01\xC3\xA4x";
  FlatLines lines;
  int taken = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string line = usual;
    for (unsigned change = random() % 3; change-- > 0;) {
      const std::size_t at = random() % line.size();
      switch (random() % 3) {
        case 0:
          line[at] = bytes[random() % bytes.size()];
          break;
        case 1:
          line.erase(at, 1 + random() % 3);
          break;
        default:
          line.insert(at, 1 + random() % 70, bytes[random() % bytes.size()]);
      }
    }
    const auto fields = flat(line, lines);
    if (!fields) continue;
    ++taken;
    ASSERT_EQ(fields, general(line)) << line;
  }
  EXPECT_GT(taken, 20'000);
}

TEST(FlatLines, FindsEscapedQuotesAcrossBlocks) {
  for (std::size_t length = 0; length < 140; ++length) {
    for (std::size_t slashes = 1; slashes < 6; ++slashes) {
      const std::string line = "{\"t\":\"" + std::string(length, 'x') + std::string(slashes, '\\') +
                               (slashes % 2 == 1 ? "\"" : "") + "\"}";
      ASSERT_EQ(flat(line), general(line)) << line;
      ASSERT_TRUE(flat(line)) << line;
    }
  }
}

}  // namespace
}  // namespace trends
