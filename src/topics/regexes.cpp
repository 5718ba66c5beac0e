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

Regexes::Regexes() = default;

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
  auto expression = std::make_unique<re2::FilteredRE2>(Substrings::piece_min);
  int number = 0;
  std::vector<std::string> parts;
  if (expression->Add(pattern, options(), &number) == RE2::NoError) expression->Compile(&parts);
  if (parts.empty()) {
    // Checked when it was stored; another version of the library may think otherwise.
    base::log_warn("watch_pattern_ignored", {{"pattern", pattern}});
    return;
  }
  const bool one_part = parts.size() == 1;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    texts_.add(std::move(parts[part]), static_cast<std::uint32_t>(parts_.size()));
    parts_.push_back(
        {.one = static_cast<std::uint32_t>(ones_.size()), .number = static_cast<int>(part)});
  }
  ones_.push_back({.expression = std::move(expression), .id = id, .one_part = one_part});
}

void Regexes::build() { texts_.build(); }

bool Regexes::fits(const One& one, const std::vector<int>& numbers, std::string_view text) {
  const re2::StringPiece whole(text.data(), text.size());
  if (!one.one_part) return one.expression->FirstMatch(whole, numbers) >= 0;
  return one.expression->GetRE2(0).Match(whole, 0, whole.size(), RE2::UNANCHORED, nullptr, 0);
}

void Regexes::find(std::string_view text, std::vector<std::uint32_t>& found) const {
  if (ones_.empty()) return;
  text = text.substr(0, text_max);
  std::vector<std::uint32_t> seen;
  texts_.find(lowered(text), seen);
  std::vector<Part> parts;
  for (const std::uint32_t part : seen) parts.push_back(parts_[part]);
  std::ranges::sort(parts);
  parts.erase(std::ranges::unique(parts).begin(), parts.end());
  for (std::size_t begin = 0, end = 0; begin < parts.size(); begin = end) {
    const One& one = ones_[parts[begin].one];
    std::vector<int> numbers;
    for (; end < parts.size() && parts[end].one == parts[begin].one; ++end) {
      numbers.push_back(parts[end].number);
    }
    if (fits(one, numbers, text)) found.push_back(one.id);
  }
}

}  // namespace topics
