#include "trends/language.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <utility>

#include <cld2/public/compact_lang_det.h>

namespace trends {
namespace {

constexpr std::size_t looked_at_max = 2000;

// Names of CLD2 that BCP 47 spells otherwise.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> other_names{
    {{"iw", "he"}, {"jw", "jv"}, {"mo", "ro"}, {"nb", "no"}}};

// Links and mentions are in no language.
std::string words_of(std::string_view text) {
  std::string words;
  for (const std::string_view word : base::split(text, ' ')) {
    const bool counts = !word.starts_with('@') && word.find("://") == std::string_view::npos;
    if (counts) words.append(word).append(" ");
  }
  return words;
}

}  // namespace

std::string detect_language(std::string_view text) {
  const std::string words = words_of(base::clean_utf8(text.substr(0, looked_at_max)));
  bool reliable = false;
  const CLD2::Language language =
      CLD2::DetectLanguage(words.data(), static_cast<int>(words.size()), true, &reliable);
  if (!reliable || language == CLD2::UNKNOWN_LANGUAGE) return "";
  std::string_view code = CLD2::LanguageCode(language);
  code = code.substr(0, code.find('-'));
  for (const auto& [theirs, ours] : other_names) {
    if (code == theirs) code = ours;
  }
  return code == "un" ? "" : std::string(code);
}

std::string LanguageDetector::detect(std::string_view text, base::Instant now) {
  const double passed = std::clamp(base::to_seconds(now - filled_at_), 0.0, 1.0);
  left_ = std::min(per_second_, left_ + passed * per_second_);
  filled_at_ = now;
  if (left_ < 1) return "";
  left_ -= 1;
  return detect_language(text);
}

}  // namespace trends
