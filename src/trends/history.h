// History: the stories of the past. "When did this rise before?"
//
// A story stays in the table of trends after it is over. A week later it is closed: its posts are
// dropped, its series is thinned and moves into its row; so it stays until the retention ends, and
// costs some two kilobytes. Reading needs no lease; closing and taking back do what they do at most
// once, whoever does it. Not thread-safe: one per loop.
#pragma once

#include "base/time.h"
#include "db/database.h"
#include "trends/trend_store.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace trends {

struct HistoryQuery {
  std::vector<std::string> words = {};  // folded; its names or terms contain them all
  std::optional<base::Instant> from = {};
  std::optional<base::Instant> to = {};
  std::string kind = {};
  std::string category = {};
  std::string cursor = {};
  std::size_t limit = 30;
};

struct PastStory {
  StoredTrend trend;
  base::Instant peaked_at;
  bool generated = false;
  base::Duration shift{};  // of an invented stream
};

class History {
 public:
  explicit History(db::Database& database);

  struct Page {
    std::vector<PastStory> stories;  // latest peak first
    std::string next_cursor;         // empty: that was all
  };
  // Fails on a cursor that is none.
  io::Task<base::Result<Page>> search(HistoryQuery query);
  // Earlier stories of the same lane that were called the same, latest first.
  io::Task<std::vector<PastStory>> earlier(std::string trend, std::size_t limit);

  // Closes stories that were last seen before; how many.
  io::Task<std::size_t> close(base::Instant seen_before);

  // Takes posts out of the stories that show them: their authors have taken them back.
  struct Post {
    std::string source;
    std::string id;
    auto operator<=>(const Post&) const = default;
  };
  // How many stories showed some.
  io::Task<std::size_t> take_back(std::vector<Post> posts);

 private:
  io::Task<> close_one(std::string trend);
  io::Task<std::size_t> take_back_some(std::set<Post> gone);

  db::Database& database_;
};

// The words of what a person looks for.
std::vector<std::string> search_words(std::string_view text);

}  // namespace trends
