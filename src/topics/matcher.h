// Matcher: all watch lists of all workspaces against one text, in one pass.
//
// The same keyword of a thousand lists is looked for once. Cost grows with the text and with what
// fits, hardly with the number of patterns (`./dev bench topics`). Immutable, so it may be read by
// any thread.
//
//   Matcher matcher({{"list id", interest}, ...});
//   for (const Matcher::Hit& hit : matcher.match({.texts = {post.text}})) ...
#pragma once

#include "topics/interest.h"
#include "topics/phrases.h"
#include "topics/regexes.h"
#include "topics/substrings.h"
#include "trends/mention.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace topics {

// What is looked at; a word of one text never joins one of another.
struct Seen {
  std::vector<std::string_view> texts = {};
  std::vector<std::string_view> links = {};
  std::string_view author = {};
  std::string_view language = {};
  std::string_view source = {};
};
Seen seen_of(std::string_view source, const trends::Mention& mention);

class Matcher {
 public:
  explicit Matcher(std::vector<std::pair<std::string, Interest>> lists);

  struct Hit {
    std::size_t list = 0;     // index of lists()
    std::string_view by;      // the pattern, as it was written
    std::string_view unless;  // the excluding pattern that fits too; empty: it is of interest
  };
  // Of each list that anything of it fits; languages and sources are held already.
  std::vector<Hit> match_all(const Seen& seen) const;
  // Without those that something excludes.
  std::vector<Hit> match(const Seen& seen) const;

  const std::vector<std::pair<std::string, Interest>>& lists() const { return lists_; }
  std::size_t patterns() const { return patterns_.size(); }

 private:
  struct Owner {
    std::uint32_t list = 0;
    bool excludes = false;
  };
  struct Pattern {
    std::string written;
    std::vector<Owner> owners;
  };
  using Known = std::unordered_map<std::string, std::uint32_t>;

  void add(Known& known, std::string key, const std::string& written, Owner owner);
  void add_list(std::uint32_t list, const Interest& interest);
  void find_names(const Seen& seen, std::vector<std::uint32_t>& found) const;
  void find_domain(std::string_view host, std::vector<std::uint32_t>& found) const;
  bool allows(const Interest& interest, const Seen& seen) const;

  std::vector<std::pair<std::string, Interest>> lists_;
  std::vector<Pattern> patterns_;
  Known keywords_;  // by what is looked for
  Known regexes_;
  Known authors_;
  Known domains_;
  Phrases phrases_;
  Substrings unspaced_;  // keywords of scripts without blanks
  Regexes expressions_;
};

}  // namespace topics
