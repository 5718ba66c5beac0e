// Text as the detector reads it: words, folded, with one blank around each.
#pragma once

#include <string>
#include <string_view>

namespace topics {

inline constexpr std::size_t text_max = 10'000;  // bytes of a text that are looked at

// " time warner buys "; empty when there is no word. Punctuation, '#', '$' and '@' are gone.
std::string folded_words(std::string_view text);

// What a keyword or phrase looks like in folded words: with the blanks, so that "art" is not found
// in "part"; without them for scripts that have none between words. Empty when there is no word.
std::string folded_keyword(std::string_view keyword);

// Each letter in lower case, nothing else changed: where the fixed parts of regular expressions are
// looked for.
std::string lowered(std::string_view text);

}  // namespace topics
