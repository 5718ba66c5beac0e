// Regexes: which of many regular expressions fit a text.
//
// RE2 only, so no expression can take more than linear time. Each must hold a fixed part of three
// bytes: all fixed parts are looked for in one pass, and only expressions whose parts are there are
// run (RE2's own filter). Filled, then built, then only read; reading is thread-safe.
#pragma once

#include "topics/substrings.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class FilteredRE2;
}

namespace topics {

class Regexes {
 public:
  Regexes();
  ~Regexes();
  Regexes(const Regexes&) = delete;
  Regexes& operator=(const Regexes&) = delete;

  // In words, without the expression; empty when it can be used.
  static std::string trouble_of(const std::string& pattern);

  // One that trouble_of() approves; ignored otherwise.
  void add(const std::string& pattern, std::uint32_t id);
  void build();
  // Appends the ids of those that fit, each once.
  void find(std::string_view text, std::vector<std::uint32_t>& found) const;

 private:
  // Each has a filter of its own: one for all of them would cost with their number at every look.
  struct One {
    std::unique_ptr<re2::FilteredRE2> expression;
    std::uint32_t id = 0;
    bool one_part = false;  // then there is nothing to weigh once it is there
  };
  struct Part {  // of an expression, by its own number there
    std::uint32_t one = 0;
    int number = 0;
    auto operator<=>(const Part&) const = default;
  };

  static bool fits(const One& one, const std::vector<int>& numbers, std::string_view text);

  std::vector<One> ones_;
  std::vector<Part> parts_;
  Substrings texts_;  // of parts_
};

}  // namespace topics
