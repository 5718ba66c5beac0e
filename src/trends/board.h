// Board: the list of trends as the API shows it, read from the database and kept until it changes.
//
// Any number of requests and streams cost one small query a second. In a process that also makes
// the lists, changed() tells at once; otherwise the database is asked every two seconds while
// somebody watches. Not thread-safe: one per loop.
#pragma once

#include "base/time.h"
#include "trends/history.h"
#include "trends/lens.h"
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

  // The JSON of GET /api/trends. With a rating only what it finds relevant, by score and relevance;
  // with a lens without what it hides.
  io::Task<std::string> list(TrendFilter filter, Rating rating = {},
                             std::shared_ptr<const Lens> lens = nullptr);
  // The trends seen within `window`, with their scores as of now, best first.
  struct Current {
    StoredTrend trend;
    double score = 0;
    bool generated = false;
  };
  io::Task<std::vector<Current>> current(base::Duration window);
  // The story of this id, when it was seen within `window`; else the one that it has become a part
  // of: that is called by the name which led it last.
  io::Task<std::optional<Current>> follow(std::string id, base::Duration window);
  // The JSON of GET /api/trends/{id} without "our_posts"; nothing when there is none.
  io::Task<std::optional<json::object>> detail(std::string id,
                                               std::shared_ptr<const Lens> lens = nullptr);
  // The JSON of GET /api/trends/history. Fails on a cursor that is none.
  io::Task<base::Result<json::object>> past(HistoryQuery query,
                                            std::shared_ptr<const Lens> lens = nullptr);

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
  std::string render(const TrendFilter& filter, const Rating& rating, const Lens* lens) const;
  bool fits(const Entry& entry, const TrendFilter& filter, const std::string& text) const;
  json::object shown_past(const PastStory& story) const;

  TrendStore store_;
  History history_;
  const base::Clock& clock_;
  std::optional<Contents> contents_;
  std::map<std::pair<TrendFilter, std::string>, std::string>
      rendered_;  // and fingerprint of the lens
  base::Instant looked_at_ = {};
  io::Event changed_;
};

}  // namespace trends
