#include "trends/detect.h"

#include "trends/shared_data_test.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using testing::HasSubstr;

class Detecting : public testing::Test {
 protected:
  Detecting()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("detect-{}-{}", ::getpid(), counter_++)) {
    std::filesystem::create_directories(folder_);
  }
  ~Detecting() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  std::vector<std::string> lines(const std::string& name) const {
    std::ifstream in(file(name));
    std::vector<std::string> result;
    for (std::string line; std::getline(in, line);) result.push_back(line);
    return result;
  }

  std::ostringstream err_;
  std::filesystem::path folder_;
  static inline int counter_ = 0;
};

TEST_F(Detecting, WritesEveryRowWithItsScoreAndKeepsTheText) {
  std::ofstream(file("in.csv"))
      << "timestamp,value\n2015-02-26 21:42:53,104\n2015-02-26 21:47:53,100.5\n"
      << "oops\n2015-02-26T21:52:53Z,7\n\n2015-02-26 21:57:53,x\n";
  ASSERT_EQ(run_detect({.input = file("in.csv"), .output = file("out.csv")}, err_), 0);
  const auto rows = lines("out.csv");
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0], "timestamp,value,anomaly_score");
  EXPECT_THAT(rows[1], testing::StartsWith("2015-02-26 21:42:53,104,0."));
  EXPECT_THAT(rows[3], testing::StartsWith("2015-02-26T21:52:53Z,7,0."));
  EXPECT_THAT(err_.str(), HasSubstr("line 4:"));
  EXPECT_THAT(err_.str(), HasSubstr("line 7:"));
  EXPECT_THAT(err_.str(), HasSubstr("2 bad lines"));
}

TEST_F(Detecting, ASingleRowAndNothingAtAllAreFine) {
  std::ofstream(file("one.csv")) << "timestamp,value\n2015-02-26 21:42:53,104\n";
  ASSERT_EQ(run_detect({.input = file("one.csv"), .output = file("out.csv")}, err_), 0);
  EXPECT_EQ(lines("out.csv").size(), 2U);
  std::ofstream(file("none.csv")) << "";
  ASSERT_EQ(run_detect({.input = file("none.csv"), .output = file("out.csv")}, err_), 0);
  EXPECT_EQ(lines("out.csv").size(), 1U);
  EXPECT_EQ(run_detect({.input = file("missing.csv"), .output = file("out.csv")}, err_), 1);
}

// tools/score_nab.py, the scorer that shares nothing with this code, must give more than the best
// published result.
TEST_F(Detecting, BeatsThePublishedScoresOnTheTweetSeries) {
  const auto windows = shared_data("nab-tweets/windows.json");
  if (!windows)
    GTEST_SKIP() << "no shared data: set SOCIALTREND_SHARED to measure on the benchmark's series";
  const auto folder = windows->parent_path();
  std::string command = fmt::format("python3 {}/tools/score_nab.py {} {}", SOURCE_DIR,
                                    windows->string(), (folder / "profiles.json").string());
  for (const auto* name : {"AAPL", "AMZN", "CRM", "CVS", "FB"}) {
    const std::string series = fmt::format("Twitter_volume_{}", name);
    ASSERT_EQ(
        run_detect({.input = (folder / (series + ".csv")).string(), .output = file(name)}, err_),
        0);
    command += fmt::format(" {}={}", series, file(name));
  }
  command += " > " + file("scores");
  ASSERT_EQ(std::system(command.c_str()), 0);
  double least[] = {83, 75, 88};
  const auto rows = lines("scores");
  ASSERT_EQ(rows.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_GT(std::stod(rows[i].substr(9)), least[i]) << rows[i];
}

}  // namespace
}  // namespace trends
