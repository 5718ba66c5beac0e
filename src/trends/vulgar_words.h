// Vulgar words: which words are hardly ever meant otherwise, by language.
//
// The list is the npm package `cuss` (MIT), embedded as it is, with its licence; only words of its
// highest rating count. A build without the page's packages has no list: then nothing is vulgar
// (and a workspace can still block words of its own).
#pragma once

#include <cstddef>
#include <string_view>

namespace trends {

// `word` is folded (base::fold). `language` is a primary subtag ("en"); others than those of the
// list have no vulgar words.
bool is_vulgar(std::string_view word, std::string_view language);

std::size_t vulgar_word_count();

}  // namespace trends
