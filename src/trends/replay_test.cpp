#include "trends/replay.h"

#include "trends/shared_data_test.h"

#include <fstream>
#include <sstream>
#include <zlib.h>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::Contains;
using testing::HasSubstr;

class Replaying : public testing::Test {
 protected:
  Replaying()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("replay-{}-{}", ::getpid(), counter_++)) {
    std::filesystem::create_directories(folder_);
  }
  ~Replaying() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
  }
  std::vector<boost::json::object> ticks(const std::string& name) const {
    std::vector<boost::json::object> result;
    std::ifstream in(file(name));
    for (std::string line; std::getline(in, line);)
      result.push_back(boost::json::parse(line).as_object());
    return result;
  }

  static std::string line(int number, base::Instant at, std::string_view author,
                          std::string_view text) {
    return fmt::format(R"({{"id":"{}","created_at":"{}","author":"{}","text":"{}","lang":"en"}})",
                       number, base::format_rfc3339(at), author, text) +
           "\n";
  }
  // Three days of everyday posts, and in the last hours one event.
  std::string recording() const {
    std::string text;
    int number = 0;
    for (int minute = 0; minute < 3 * 24 * 60; ++minute) {
      const auto at = start + minutes{minute};
      text += line(++number, at, fmt::format("u{}", minute * 7 % 900),
                   fmt::format("plain talk {}", minute % 50));
      if (minute > 3 * 24 * 60 - 120 && minute % 3 == 0) {
        text += line(++number, at, fmt::format("e{}", minute),
                     fmt::format("the #Comet over bay{}", minute % 17));
      }
    }
    return text;
  }

  const base::Instant start = *base::parse_rfc3339("2026-06-01T00:00:00Z");
  std::ostringstream err_;
  std::filesystem::path folder_;
  static inline int counter_ = 0;
};

TEST_F(Replaying, WritesOneLinePerTickOfEventTimeWithTheRankedTrends) {
  write("in.jsonl", recording());
  ASSERT_EQ(run_replay({.input = file("in.jsonl"), .output = file("out.jsonl"), .top = 3}, err_), 0)
      << err_.str();
  const auto lines = ticks("out.jsonl");
  ASSERT_EQ(lines.size(), 72U);
  EXPECT_EQ(lines[0].at("at").as_string(), "2026-06-01T01:00:00Z");
  EXPECT_EQ(lines[71].at("at").as_string(), "2026-06-04T00:00:00Z");
  const auto& trends = lines[71].at("trends").as_array();
  ASSERT_FALSE(trends.empty());
  const auto& first = trends[0].as_object();
  for (const auto* name : {"topic", "kind", "score", "posts", "authors", "expected", "since",
                           "coordinated", "aliases", "samples"}) {
    EXPECT_TRUE(first.contains(name)) << name;
  }
  EXPECT_EQ(first.at("topic").as_string(), "#comet");
  EXPECT_THAT(err_.str(), HasSubstr("posts/s"));
  EXPECT_THAT(err_.str(), HasSubstr("0 bad lines"));
}

TEST_F(Replaying, ReadsGzipAndPlainAlike) {
  const std::string text = recording();
  write("in.jsonl", text);
  gzFile out = gzopen(file("in.jsonl.gz").c_str(), "wb");
  ASSERT_NE(out, nullptr);
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  ASSERT_EQ(run_replay({.input = file("in.jsonl"), .output = file("a")}, err_), 0);
  ASSERT_EQ(run_replay({.input = file("in.jsonl.gz"), .output = file("b")}, err_), 0);
  EXPECT_EQ(ticks("a"), ticks("b"));
}

TEST_F(Replaying, BadLinesAreNamedAndStopNothing) {
  write("in.jsonl", line(1, start, "a", "x") + "nonsense\n" +
                        line(2, start + minutes{5}, "b", "y") + "{\"id\":\"3\"}\n" +
                        line(4, start + minutes{9}, "c", "z"));
  ASSERT_EQ(run_replay({.input = file("in.jsonl"), .output = file("out")}, err_), 0);
  EXPECT_THAT(err_.str(), HasSubstr("line 2: "));
  EXPECT_THAT(err_.str(), HasSubstr("line 4: no created_at"));
  EXPECT_THAT(err_.str(), HasSubstr("2 bad lines"));
  EXPECT_THAT(err_.str(), HasSubstr("3 posts"));
}

// One line from the year 9999 must not make the clock run through millions of empty ticks.
TEST_F(Replaying, ASinglePostFarAheadIsABadLine) {
  write("in.jsonl",
        line(1, start, "a", "x") +
            R"({"id":"2","created_at":"9999-01-01T00:00:00Z","author":"b","text":"y"})" + "\n" +
            line(3, start + hours{2}, "c", "z"));
  ASSERT_EQ(run_replay({.input = file("in.jsonl"), .output = file("out")}, err_), 0);
  EXPECT_LE(ticks("out").size(), 4U);
  EXPECT_THAT(err_.str(), HasSubstr("line 2: "));
}

TEST_F(Replaying, FromAndToBoundTheOutput) {
  write("in.jsonl", recording());
  ASSERT_EQ(run_replay({.input = file("in.jsonl"),
                        .output = file("out"),
                        .from = start + hours{30},
                        .to = start + hours{40}},
                       err_),
            0);
  const auto lines = ticks("out");
  ASSERT_EQ(lines.size(), 11U);
  EXPECT_EQ(lines.front().at("at").as_string(), "2026-06-02T06:00:00Z");
  EXPECT_EQ(lines.back().at("at").as_string(), "2026-06-02T16:00:00Z");
}

TEST_F(Replaying, CountsOnlyTheKindsAskedFor) {
  write("in.jsonl", recording());
  ASSERT_EQ(
      run_replay({.input = file("in.jsonl"), .output = file("out"), .kinds = *parse_kinds("word")},
                 err_),
      0);
  for (const auto& tick : ticks("out")) {
    for (const auto& trend : tick.at("trends").as_array())
      EXPECT_EQ(trend.at("kind").as_string(), "word");
  }
}

TEST_F(Replaying, SaysWhatItCannotReadOrWrite) {
  EXPECT_EQ(run_replay({.input = file("missing")}, err_), 1);
  EXPECT_THAT(err_.str(), HasSubstr("cannot open"));
  write("in.jsonl", line(1, start, "a", "x"));
  EXPECT_EQ(run_replay({.input = file("in.jsonl"), .output = file("no/such/folder")}, err_), 1);
  write("bad.gz", "\x1F\x8B" + std::string(100, 'x'));
  EXPECT_EQ(run_replay({.input = file("bad.gz"), .output = file("out")}, err_), 1);
  EXPECT_THAT(err_.str(), HasSubstr("damaged"));
}

TEST_F(Replaying, AnEmptyInputGivesAnEmptyOutput) {
  write("in.jsonl", "");
  EXPECT_EQ(run_replay({.input = file("in.jsonl"), .output = file("out")}, err_), 0);
  EXPECT_TRUE(ticks("out").empty());
}

TEST(ReplayOptions, AreParsedStrictly) {
  EXPECT_EQ(parse_step("90s"), std::chrono::seconds{90});
  EXPECT_EQ(parse_step("10m"), minutes{10});
  EXPECT_EQ(parse_step("1h"), hours{1});
  EXPECT_EQ(parse_step("7d"), hours{168});
  for (const auto* wrong : {"", "1", "h", "0h", "-1h", "1x", "1 h", "99999999h"})
    EXPECT_FALSE(parse_step(wrong)) << wrong;
  EXPECT_EQ(parse_kinds("word,link"), kind_bit(Kind::word) | kind_bit(Kind::link));
  EXPECT_EQ(parse_kinds("tag"), kind_bit(Kind::tag) | kind_bit(Kind::cashtag));
  EXPECT_FALSE(parse_kinds(""));
  EXPECT_FALSE(parse_kinds("tag,verb"));
}

// The recorded posts about stocks and their dated events: the same measure as
// tools/score_events.py, top 10.
TEST_F(Replaying, FindsTheDatedEventsOfTheStockStream) {
  const auto posts = shared_data("stocks/stock-tweets.jsonl.gz");
  const auto events_file = shared_data("stocks/events.json");
  if (!posts || !events_file)
    GTEST_SKIP() << "no shared data: set SOCIALTREND_SHARED to measure on recorded posts";
  ASSERT_EQ(run_replay({.input = posts->string(), .output = file("out")}, err_), 0) << err_.str();
  std::ifstream in(*events_file);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const auto lower = [](std::string_view word) {
    std::string result(word);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (result.starts_with('#') || result.starts_with('$')) result.erase(0, 1);
    return result;
  };
  const auto lines = ticks("out");
  int must = 0;
  int found = 0;
  for (const auto& event : boost::json::parse(text).at("events").as_array()) {
    if (event.at("tier").as_string() != "must") continue;
    ++must;
    bool hit = false;
    for (const auto& tick : lines) {
      if (tick.at("at").as_string() < event.at("start").as_string() ||
          tick.at("at").as_string() > event.at("end").as_string()) {
        continue;
      }
      for (const auto& trend : tick.at("trends").as_array()) {
        auto names = trend.at("aliases").as_array();
        names.push_back(trend.at("topic"));
        for (const auto& name : names) {
          const std::string bare = lower(name.as_string());
          for (const auto& tag : event.at("tags").as_array())
            hit = hit || bare == lower(tag.as_string());
          for (const auto& term : event.at("terms").as_array()) {
            hit = hit || bare.find(lower(term.as_string())) != std::string::npos;
          }
        }
      }
    }
    found += hit ? 1 : 0;
  }
  EXPECT_EQ(must, 14);
  EXPECT_GE(found, 12) << err_.str();
}

}  // namespace
}  // namespace trends
