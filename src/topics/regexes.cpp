#include "topics/regexes.h"

#include "base/log.h"
#include "topics/words.h"

#include <algorithm>

#include <fmt/format.h>
#include <re2/filtered_re2.h>

namespace topics {
namespace {

constexpr std::int64_t memory_max = 512 * 1024;  // of one expression
constexpr int parts_per_pattern_max = 64;

RE2::Options options() {
  RE2::Options options(RE2::Quiet);
  options.set_case_sensitive(false);
  options.set_max_mem(memory_max);
  options.set_never_capture(true);
  return options;
}

std::string in_words(RE2::ErrorCode code, const std::string& pattern) {
  if (code == RE2::ErrorPatternTooLarge) return "is too large once its repetitions are counted";
  return fmt::format("is not a regular expression: {}", RE2(pattern, options()).error());
}

}  // namespace

Regexes::Regexes() : expressions_(std::make_unique<re2::FilteredRE2>(Substrings::piece_min)) {}

Regexes::~Regexes() = default;

std::string Regexes::trouble_of(const std::string& pattern) {
  re2::FilteredRE2 one(Substrings::piece_min);
  int number = 0;
  const RE2::ErrorCode code = one.Add(pattern, options(), &number);
  if (code != RE2::NoError) return in_words(code, pattern);
  std::vector<std::string> parts;
  one.Compile(&parts);
  if (parts.empty()) {
    return "needs a fixed part of at least three letters, by which it can be found among many";
  }
  if (parts.size() > parts_per_pattern_max) return "has too many alternatives";
  if (RE2::FullMatch("", RE2(pattern, options()))) return "fits the empty text";
  return "";
}

void Regexes::add(const std::string& pattern, std::uint32_t id) {
  int number = 0;
  if (expressions_->Add(pattern, options(), &number) != RE2::NoError) {
    // Checked when it was stored; another version of the library may think otherwise.
    base::log_warn("watch_pattern_ignored", {{"pattern", pattern}});
    return;
  }
  ids_.push_back(id);
}

void Regexes::build() {
  std::vector<std::string> parts;
  if (!ids_.empty()) expressions_->Compile(&parts);
  for (std::uint32_t index = 0; index < parts.size(); ++index) {
    parts_.add(std::move(parts[index]), index);
  }
  parts_.build();
}

void Regexes::find(std::string_view text, std::vector<std::uint32_t>& found) const {
  if (ids_.empty()) return;
  text = text.substr(0, text_max);
  std::vector<std::uint32_t> seen;
  parts_.find(lowered(text), seen);
  if (seen.empty()) return;
  std::ranges::sort(seen);
  std::vector<int> parts;
  for (const std::uint32_t part : seen) {
    if (parts.empty() || parts.back() != static_cast<int>(part)) {
      parts.push_back(static_cast<int>(part));
    }
  }
  std::vector<int> fitting;
  expressions_->AllMatches({text.data(), text.size()}, parts, &fitting);
  for (const int number : fitting) found.push_back(ids_.at(static_cast<std::size_t>(number)));
}

}  // namespace topics
