#include "trends/sources/doubles/collector.h"
#include "trends/sources/recording_lines.h"

#include <fstream>
#include <stdlib.h>
#include <zlib.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using doubles::Collector;
using doubles::Reader;
using testing::ElementsAre;
using testing::HasSubstr;

class Recording : public testing::Test {
 protected:
  Recording() {
    char name[] = "/tmp/recordings-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~Recording() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }

  void write_gzip(const std::string& name, const std::string& text) const {
    gzFile file = gzopen((folder_ / name).c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
  }

  struct Result {
    std::vector<std::string> ids;
    std::string cursor;
    std::string failure;
    std::int64_t rejected = 0;
    bool ended = false;
  };

  Result play(std::string file, std::string speed = "max", std::string cursor = "") {
    Result result;
    doubles::run([&] { return play_into(&result, {{"file", file}, {"speed", speed}}, cursor); });
    return result;
  }

  io::Task<> play_into(Result* result, json::object settings, std::string cursor) {
    const auto executor = co_await boost::asio::this_coro::executor;
    Collector collector(executor);
    Reader reader(executor, "recording", std::move(settings), std::move(cursor), collector,
                  folder_);
    co_await collector.until([&] { return collector.ended || !collector.failure.empty(); });
    co_await reader.stop();
    *result = {collector.ids(), collector.cursor, collector.failure, collector.rejected,
               collector.ended};
  }

  std::filesystem::path folder_;
};

std::string line(int id, std::string_view at = "2026-01-01T00:00:00Z") {
  return fmt::format(R"({{"id":"{}","created_at":"{}","author":"a","text":"t","tags":["x"]}})", id,
                     at) +
         "\n";
}

TEST_F(Recording, PlaysFilesAndGzip) {
  write("plain.jsonl", line(1) + line(2) + "broken\n\n" + line(3));
  write_gzip("packed.jsonl.gz", line(4) + line(5));
  const auto plain = play("plain.jsonl");
  EXPECT_THAT(plain.ids, ElementsAre("1", "2", "3"));
  EXPECT_EQ(plain.rejected, 1);
  EXPECT_TRUE(plain.ended);
  EXPECT_THAT(play("packed.jsonl.gz").ids, ElementsAre("4", "5"));
}

TEST_F(Recording, GoesOnFromItsCursor) {
  write("a.jsonl", line(1) + line(2));
  const auto first = play("a.jsonl");
  write("a.jsonl", line(1) + line(2) + line(3));
  EXPECT_THAT(play("a.jsonl", "max", first.cursor).ids, ElementsAre("3"));
  EXPECT_THAT(play("a.jsonl", "max", "garbage").ids, ElementsAre("1", "2", "3"));
  EXPECT_THAT(play("a.jsonl", "max", R"({"lines":-5})").ids, ElementsAre("1", "2", "3"));
  EXPECT_TRUE(play("a.jsonl", "max", R"({"lines":900000000})").ended);
}

TEST_F(Recording, KeepsItsPace) {
  write("a.jsonl", line(1, "2026-01-01T00:00:00Z") + line(2, "2026-01-01T00:10:00Z"));
  const auto started = std::chrono::steady_clock::now();
  EXPECT_THAT(play("a.jsonl", "1000").ids, ElementsAre("1", "2"));
  EXPECT_GE(std::chrono::steady_clock::now() - started, std::chrono::milliseconds{550});
}

TEST_F(Recording, ReadsOnlyItsFolder) {
  EXPECT_THAT(play("../../etc/passwd").failure, HasSubstr("folder of recordings"));
  EXPECT_THAT(play("/etc/passwd").failure, HasSubstr("folder of recordings"));
  std::filesystem::create_symlink("/etc/passwd", folder_ / "link");
  EXPECT_THAT(play("link").failure, HasSubstr("folder of recordings"));
  std::filesystem::create_directory(folder_ / "sub");
  EXPECT_THAT(play("sub").failure, HasSubstr("not a file"));
  EXPECT_THAT(play("missing").failure, HasSubstr("missing"));
}

TEST_F(Recording, SurvivesDamage) {
  write("cut.gz", std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03garbage", 17));
  EXPECT_THAT(play("cut.gz").failure, HasSubstr("damaged"));
  write("long.jsonl", std::string(5'000'000, 'x') + "\n" + line(1));
  EXPECT_THAT(play("long.jsonl").ids, ElementsAre("1"));
  std::string endless = line(1) + std::string(8'000'000, '[');
  write_gzip("endless.gz", endless);
  EXPECT_THAT(play("endless.gz").ids, ElementsAre("1"));
}

TEST(RecordedLine, NeedsItsFields) {
  EXPECT_TRUE(parse_recorded_line(line(1)));
  for (const char* bad :
       {"", "{}", "[]", R"({"id":1,"created_at":"2026-01-01T00:00:00Z","author":"a","text":"t"})",
        R"({"id":"1","created_at":"now","author":"a","text":"t"})",
        R"({"id":"1","created_at":"2026-01-01T00:00:00Z","author":"","text":"t"})",
        R"({"id":"1","created_at":"2026-01-01T00:00:00Z","author":"a","text":7})"}) {
    EXPECT_FALSE(parse_recorded_line(bad)) << bad;
  }
}

}  // namespace
}  // namespace trends
