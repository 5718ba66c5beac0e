#include "topics/interest.h"

#include "base/text.h"
#include "topics/regexes.h"
#include "topics/substrings.h"
#include "topics/words.h"

#include <fmt/format.h>

namespace topics {
namespace {

constexpr std::size_t names_max = 200;
constexpr std::size_t keyword_bytes_max = 100;

using Limit = base::JsonReader::TextLimit;

// The list, each entry checked by `trouble`; absent is empty.
template <class Trouble>
std::vector<std::string> read_list(base::JsonReader& in, std::string_view name,
                                   std::size_t items_max, Limit limit, Trouble trouble) {
  if (!in.has(name)) return {};
  std::vector<std::string> items = in.texts(name, items_max, limit);
  for (std::size_t index = 0; index < items.size(); ++index) {
    const std::string wrong = trouble(items[index]);
    if (wrong.empty()) continue;
    in.error(fmt::format("{}[{}]", name, index), fmt::format("\"{}\" {}", items[index], wrong));
  }
  return items;
}

std::string trouble_of_keyword(const std::string& keyword) {
  const std::string folded = folded_keyword(keyword);
  if (folded.empty()) return "holds no word";
  if (folded.size() < Substrings::piece_min) return "is too short";
  return "";
}

std::string trouble_of_name(const std::string& name) {
  return base::trim(name).empty() ? "is blank" : "";
}

std::string trouble_of_domain(const std::string& domain) {
  const auto good = [](char c) {
    return c == '.' || c == '-' || (c & 0x80) != 0 || (c >= '0' && c <= '9') ||
           (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const bool fine = std::ranges::all_of(domain, good) && domain.find('.') != std::string::npos;
  return fine ? "" : "is not a domain such as example.org";
}

std::string trouble_of_language(const std::string& language) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return std::ranges::all_of(language, letter) ? "" : "is not a language code such as en";
}

json::array array_of(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}

}  // namespace

std::string trouble_of_pattern(const std::string& pattern) { return Regexes::trouble_of(pattern); }

Interest read_interest(base::JsonReader& in) {
  const Limit words{.min = 1, .max = keyword_bytes_max};
  const Limit regex{.min = 1, .max = pattern_bytes_max};
  Interest interest;
  interest.keywords = read_list(in, "keywords", keywords_max, words, trouble_of_keyword);
  interest.patterns = read_list(in, "patterns", patterns_max, regex, trouble_of_pattern);
  interest.exclude = read_list(in, "exclude", keywords_max, words, trouble_of_keyword);
  interest.exclude_patterns =
      read_list(in, "exclude_patterns", patterns_max, regex, trouble_of_pattern);
  interest.authors = read_list(in, "authors", names_max, {.min = 1, .max = 300}, trouble_of_name);
  interest.domains = read_list(in, "domains", names_max, {.min = 3, .max = 253}, trouble_of_domain);
  interest.languages = read_list(in, "languages", 30, {.min = 2, .max = 3}, trouble_of_language);
  interest.sources = read_list(in, "sources", 30, {.min = 1, .max = 50}, trouble_of_name);
  if (interest.keywords.empty() && interest.patterns.empty() && interest.authors.empty() &&
      interest.domains.empty()) {
    in.error("keywords", "give at least one keyword, pattern, author or domain");
  }
  return interest;
}

json::object to_json(const Interest& interest) {
  return {{"keywords", array_of(interest.keywords)},
          {"patterns", array_of(interest.patterns)},
          {"exclude", array_of(interest.exclude)},
          {"exclude_patterns", array_of(interest.exclude_patterns)},
          {"authors", array_of(interest.authors)},
          {"domains", array_of(interest.domains)},
          {"languages", array_of(interest.languages)},
          {"sources", array_of(interest.sources)}};
}

}  // namespace topics
