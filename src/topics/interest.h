// Interest: what a watch list wants to see, as a person writes it, and the checking of it.
//
// A text is of interest when any keyword, pattern, author or domain fits, none that is excluded
// does, and language and source are among those named (when some are named; a text whose language
// is unknown passes).
#pragma once

#include "base/error.h"
#include "base/json.h"

#include <string>
#include <vector>

namespace topics {

struct Interest {
  std::vector<std::string> keywords = {};  // words and phrases; case, accents' form and '#' aside
  std::vector<std::string> patterns = {};  // regular expressions (RE2), without regard to case
  std::vector<std::string> exclude = {};   // keywords
  std::vector<std::string> exclude_patterns = {};
  std::vector<std::string> authors = {};    // as the source names them; '@' aside
  std::vector<std::string> domains = {};    // of links, and of servers of authors; with subdomains
  std::vector<std::string> languages = {};  // BCP 47 primary subtags
  std::vector<std::string> sources = {};    // ids of source types

  bool operator==(const Interest&) const = default;
};

inline constexpr std::size_t keywords_max = 200;
inline constexpr std::size_t patterns_max = 50;
inline constexpr std::size_t pattern_bytes_max = 200;

// Reads the fields of an Interest from `in`; each that is wrong is named with its pattern.
Interest read_interest(base::JsonReader& in);
json::object to_json(const Interest& interest);

// Why a regular expression cannot be used, in words; empty when it can.
std::string trouble_of_pattern(const std::string& pattern);

}  // namespace topics
