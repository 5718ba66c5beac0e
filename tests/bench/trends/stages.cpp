// What each stage of `socialtrend replay` costs, in nanoseconds of processor time per post: one run
// with more and more of the work, over a file that is in memory already. For ./dev bench trends.
#include "trends/detector.h"
#include "trends/jsonl.h"
#include "trends/line_input.h"
#include "trends/tokenizer.h"

#include <ctime>
#include <functional>
#include <iostream>
#include <string>

#include <fmt/format.h>

namespace {

double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

using OnChunk = std::function<void(const trends::LineInput::Chunk&)>;
using OnPost = std::function<void(const trends::MentionView&)>;

double timed(const std::string& path, const OnChunk& on_chunk) {
  const double begin = processor_seconds();
  trends::LineInput input(path);
  trends::LineInput::Chunk chunk;
  while (input.next(chunk)) on_chunk(chunk);
  return processor_seconds() - begin;
}

double timed_posts(
    const std::string& path, const OnPost& on_post,
    const std::function<void()>& on_chunk_read = [] {}) {
  trends::JsonlReader reader;
  std::uint64_t line = 1;
  return timed(path, [&](const trends::LineInput::Chunk& chunk) {
    reader.read(
        chunk.lines, line,
        [&](const trends::MentionView& mention, std::uint64_t) {
          on_post(mention);
          return true;
        },
        [](std::uint64_t at, std::string_view reason) {
          std::cerr << fmt::format("line {}: {}\n", at, reason);
        });
    on_chunk_read();
  });
}

// What replay does, without its output: batches, and a tick per five minutes of event time.
class Counting {
 public:
  void take(const trends::MentionView& mention) {
    if (mention.at >= next_tick_) {
      flush();
      detector_.tick(mention.at);
      next_tick_ = mention.at + std::chrono::minutes{5};
    }
    now_ = std::max(now_, mention.at);
    batch_.push_back(mention);
    if (batch_.size() == 16) flush();
  }

  // Before the texts of the posts go.
  void flush() {
    detector_.feed("bench", batch_, now_);
    batch_.clear();
  }

 private:
  trends::Detector detector_;
  std::vector<trends::MentionView> batch_;
  base::Instant now_{};
  base::Instant next_tick_{};
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: trends_bench FILE\n";
    return 2;
  }
  const std::string path = arguments[1];
  std::uint64_t posts = 0;
  std::uint64_t keys_found = 0;
  const double reading = timed(path, [](const trends::LineInput::Chunk&) {});
  const double parsing = timed_posts(path, [&](const trends::MentionView&) { ++posts; });
  trends::Tokenizer tokenizer(trends::all_kinds);
  trends::PostKeys keys;
  const double tokenizing = timed_posts(path, [&](const trends::MentionView& mention) {
    tokenizer.run(mention, keys);
    keys_found += keys.count;
  });
  Counting counting;
  const double all = timed_posts(
      path, [&](const trends::MentionView& mention) { counting.take(mention); },
      [&] { counting.flush(); });
  const auto per_post = [&](double seconds) {
    return seconds * 1e9 / static_cast<double>(std::max<std::uint64_t>(posts, 1));
  };
  std::cout << fmt::format(
      R"({{"posts":{},"keys_per_post":{:.2f},"read":{:.1f},"parse":{:.1f},"tokenize":{:.1f},"count":{:.1f}}})"
      "\n",
      posts,
      static_cast<double>(keys_found) / static_cast<double>(std::max<std::uint64_t>(posts, 1)),
      per_post(reading), per_post(parsing - reading), per_post(tokenizing - parsing),
      per_post(all - tokenizing));
  return 0;
}
