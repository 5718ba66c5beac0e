// Measures the matcher of all watch lists: ./dev bench topics. One line of JSON for each number of
// patterns: nanoseconds of the processor and hits per post,
// seconds to build. Half of the patterns are words and
// phrases, a quarter regular expressions, a quarter phrases that hardly occur; ten to a list.
#include "topics/matcher.h"

#include <cstdlib>
#include <ctime>
#include <random>

#include <fmt/format.h>

namespace {

// Of the processor, so that a machine with other work tells the same.
double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double seconds_since(double start) { return processor_seconds() - start; }

class Vocabulary {
 public:
  explicit Vocabulary(std::size_t size) {
    std::uniform_int_distribution<int> length(3, 9);
    std::uniform_int_distribution<int> letter('a', 'z');
    for (std::size_t n = 0; n < size; ++n) {
      std::string word;
      for (int left = length(chance_); left > 0; --left) word += static_cast<char>(letter(chance_));
      words_.push_back(std::move(word));
    }
  }
  // Common words are common, as in speech.
  const std::string& common() {
    std::uniform_real_distribution<double> even(0, 1);
    const double place = std::exp(even(chance_) * std::log(static_cast<double>(words_.size())));
    return words_[static_cast<std::size_t>(place) - 1];
  }
  const std::string& any() {
    std::uniform_int_distribution<std::size_t> even(0, words_.size() - 1);
    return words_[even(chance_)];
  }

 private:
  std::mt19937_64 chance_{7};
  std::vector<std::string> words_;
};

std::vector<std::pair<std::string, topics::Interest>> lists_of(Vocabulary& words,
                                                               std::size_t patterns) {
  std::vector<std::pair<std::string, topics::Interest>> lists;
  for (std::size_t n = 0; n < patterns; ++n) {
    if (n % 10 == 0) lists.push_back({fmt::format("list {}", n), {}});
    topics::Interest& interest = lists.back().second;
    if (n % 4 == 0) {
      interest.patterns.push_back(
          fmt::format(R"(\b{}\w*\s+(of|the|{})\b)", words.any(), words.any()));
    } else if (n % 4 == 1) {
      interest.keywords.push_back(words.any() + " " + words.any());
    } else {
      interest.keywords.push_back(words.any());
    }
  }
  return lists;
}

void measure(Vocabulary& words, const std::vector<std::string>& posts, std::size_t patterns) {
  const auto building = processor_seconds();
  const topics::Matcher matcher(lists_of(words, patterns));
  const double build_seconds = seconds_since(building);
  std::size_t hits = 0;
  const auto matching = processor_seconds();
  for (const std::string& post : posts) hits += matcher.match({.texts = {post}}).size();
  const auto count = static_cast<double>(posts.size());
  fmt::print(
      "{{\"patterns\":{},\"ns_per_post\":{:.0f},\"hits_per_post\":{:.4f},"
      "\"build_seconds\":{:.3f}}}\n",
      patterns, seconds_since(matching) / count * 1e9, static_cast<double>(hits) / count,
      build_seconds);
}

}  // namespace

int main(int argc, char** argv) {
  const auto count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000ULL;
  Vocabulary words(100'000);
  std::vector<std::string> posts;
  for (std::size_t n = 0; n < count; ++n) {
    std::string post;
    for (int word = 0; word < 14; ++word) post += words.common() + " ";
    posts.push_back(std::move(post));
  }
  for (const std::size_t patterns :
       {std::size_t{10}, std::size_t{100}, std::size_t{1'000}, std::size_t{10'000}}) {
    measure(words, posts, patterns);
  }
  return 0;
}
