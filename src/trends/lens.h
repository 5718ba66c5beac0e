// Lens: what a workspace wants to see of the trends.
//
// Pure: made of the filters of a workspace, asked about trends as the archive keeps them. What is
// allowed is never hidden; then vulgar names, few authors, campaigns and what is blocked are.
// Posts of blocked authors and domains are taken out of the samples; a trend of which they are the
// larger part is hidden. Immutable, so it may be shared.
#pragma once

#include "trends/trend_json.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace trends {

struct FilterEntry {
  enum class List { block, allow };
  enum class Kind { topic, author, domain };

  std::string id = {};
  List list = List::block;
  Kind kind = Kind::topic;
  std::string value = {};   // as it was written
  std::string folded = {};  // as it is compared
  base::Instant created_at = {};
};

struct Filters {
  bool hide_adult = true;
  bool hide_flagged = false;
  std::int64_t min_authors = 0;
  std::vector<FilterEntry> entries = {};
};

// A value as it is compared; empty when nothing is left of it.
std::string folded_value(FilterEntry::Kind kind, std::string_view value);

class Lens {
 public:
  explicit Lens(Filters filters);

  // `stored` is a body of trend_json.h.
  bool hides(const json::object& stored) const;
  // Without the samples that are blocked.
  json::object cleaned(json::object stored) const;

  // The same for lenses that show the same.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  struct Entries {
    std::vector<std::string> topics;
    std::set<std::string, std::less<>> authors;
    std::set<std::string, std::less<>> domains;
  };

  bool names(const Entries& entries, const json::object& stored) const;
  bool blocks(const json::object& sample) const;
  bool mostly_blocked(const json::object& stored) const;

  Filters filters_;
  Entries blocked_;
  Entries allowed_;
  std::string fingerprint_;
};

}  // namespace trends
