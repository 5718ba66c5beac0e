// Board: the list of trends as the API shows it, read from the database and kept until it changes.
//
// Any number of requests and streams cost one small query a second. In a process that also makes
// the lists, changed() tells at once; otherwise the database is asked every two seconds while
// somebody watches. Not thread-safe: one per loop.
#pragma once

#include "base/time.h"
#include "trends/trend_store.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trends {

struct TrendFilter {
  std::string source = {};    // a source type that carries a share of it
  std::string language = {};  // a language that does
  std::string kind = {};
  std::string text = {};            // part of its name, aliases or terms, any case
  std::chrono::minutes window{60};  // seen within
  std::size_t limit = 50;

  auto operator<=>(const TrendFilter&) const = default;
};

// How much a trend (its body as the archive keeps it) has to do with what somebody watches: 0..1.
using Rating = std::function<double(const json::object&)>;

class Board {
 public:
  Board(io::Executor executor, db::Database& database, const base::Clock& clock);

  // The JSON of GET /api/trends.
  io::Task<std::string> list(TrendFilter filter);
  // The same of those that the rating finds relevant, by score and relevance.
  io::Task<std::string> list(TrendFilter filter, Rating rating);
  // The trends seen within `window`, with their scores as of now, best first.
  struct Current {
    StoredTrend trend;
    double score = 0;
    bool generated = false;
  };
  io::Task<std::vector<Current>> current(base::Duration window);
  // The JSON of GET /api/trends/{id} without "our_posts"; nothing when there is none.
  io::Task<std::optional<json::object>> detail(std::string id);

  // Look at once.
  void changed();
  // Returns when something may have changed.
  io::Task<> wait();

 private:
  struct Entry {
    StoredTrend trend;
    std::string text;  // folded, for finding
    double score = 0;  // decayed since it was last listed
    bool generated = false;
    base::Duration shift{};
  };
  struct Contents {
    std::vector<Lane> lanes;
    std::vector<Entry> entries;  // best first
    base::Instant at;
    base::Instant made_at;
  };

  io::Task<> look();
  io::Task<Contents> read(std::vector<Lane> lanes);
  std::string render(const TrendFilter& filter, const Rating& rating) const;

  TrendStore store_;
  const base::Clock& clock_;
  std::optional<Contents> contents_;
  std::map<TrendFilter, std::string> rendered_;
  base::Instant looked_at_ = {};
  io::Event changed_;
};

}  // namespace trends
