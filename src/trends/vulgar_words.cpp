#include "trends/vulgar_words.h"

#include "base/embedded.h"
#include "base/text.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>

base::EmbeddedFiles embedded_vulgar_words();

namespace trends {
namespace {

using Words = std::map<std::string, std::unordered_set<std::string>, std::less<>>;

// "pt-pt.js" is of "pt".
std::string language_of(std::string_view file) {
  if (file == "index.js") return "en";
  return std::string(file.substr(0, file.find_first_of("-.")));
}

// A line of the list, `word: 2,` or `'two words': 2,`; nothing for other lines and ratings.
std::optional<std::string> word_of(std::string_view line) {
  constexpr std::string_view surest = ": 2";
  line = base::trim(line);
  if (line.ends_with(',')) line.remove_suffix(1);
  if (!line.ends_with(surest)) return {};
  line.remove_suffix(surest.size());
  if (line.size() > 2 && (line.front() == '\'' || line.front() == '"')) {
    line = line.substr(1, line.size() - 2);
  }
  if (line.empty() || line.find('\\') != std::string_view::npos) return {};
  return base::fold(line);
}

const Words& all_words() {
  static const Words made = [] {
    Words words;
    for (const base::EmbeddedFile& file : embedded_vulgar_words()) {
      if (!file.path.ends_with(".js")) continue;
      for (const std::string_view line : base::split(file.bytes, '\n')) {
        if (auto word = word_of(line)) words[language_of(file.path)].insert(std::move(*word));
      }
    }
    return words;
  }();
  return made;
}

}  // namespace

bool is_vulgar(std::string_view word, std::string_view language) {
  const auto words = all_words().find(language);
  return words != all_words().end() && words->second.contains(std::string(word));
}

std::size_t vulgar_word_count() {
  std::size_t count = 0;
  for (const auto& [language, words] : all_words()) count += words.size();
  return count;
}

}  // namespace trends
