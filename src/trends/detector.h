// Detector: mentions in, ranked and explained trends out.
//
// What: counts distinct authors of every tag, word, bigram, link and cashtag, compares each with
// its own past (as a share of all traffic, so that volume alone surprises nobody), and ranks what
// is surprising. Keys are hashed; a small table admits a key once three authors used it, so that
// nearly all of the vocabulary costs 16 bytes for a while and no more. Why: see docs/trends.md. No
// I/O, no clock of its own: `now` is given, and never goes back.
//
// Invariants: memory is bounded by the options and resident only as far as it was used; one author
// moves a topic by one, however much he posts; a mention with a known id is counted once; the same
// input gives the same answer. Threads: none inside; one owner calls everything. Copies of `Trend`
// may go anywhere.
//
//   Detector detector({});
//   detector.feed("jetstream", batch.mentions, clock.now());
//   detector.tick(clock.now());                      // once per options.tick, or less often
//   for (const Trend& trend : detector.top({.limit = 10})) ...
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "trends/mention.h"
#include "trends/trend.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trends {

struct DetectorOptions {
  base::Duration tick = std::chrono::seconds{60};
  double min_authors = 5;  // below this nothing is shown
  double admission_authors =
      3;  // distinct authors within admission_window before a key gets a record; at most 3
  base::Duration admission_window = std::chrono::hours{6};
  base::Duration baseline_half_life = std::chrono::days{7};
  base::Duration late_max =
      std::chrono::hours{24};  // older mentions are counted as late and dropped; at most a day
  KindSet kinds = all_kinds;

  // Sizes; each is rounded up to a power of two. 16 + 8 + 600 bytes each, and some 20 kB per
  // evidence entry.
  std::size_t admission_slots = std::size_t{1} << 18;
  std::size_t background_cells = std::size_t{1} << 20;
  std::size_t tracked_max = std::size_t{1} << 16;
  std::size_t evidence_max = 512;  // topics for which samples are kept
};

// A mention whose texts stay with the caller until feed() returns: the fast way in.
struct MentionView {
  std::string_view id;
  base::Instant at{};
  std::string_view author;
  std::string_view text;
  std::string_view language;
  std::span<const std::string_view> tags = {};  // without '#'; cashtags with '$'
  std::span<const std::string_view> links = {};
  std::string_view url = {};
  bool repost = false;
  double weight = 1;
};

struct TrendQuery {
  std::size_t limit = 50;
  KindSet kinds = all_kinds;
  std::string source = {};    // only trends that this source carries a share of; empty = all
  std::string language = {};  // the same for a language
  std::string text = {};      // part of a topic or alias, any case
};

struct DetectorStats {
  std::uint64_t mentions = 0;    // counted
  std::uint64_t repeated = 0;    // same source and id as one counted before
  std::uint64_t late = 0;        // older than late_max, dropped
  std::uint64_t future = 0;      // dated after now, counted as now
  std::size_t tracked = 0;       // keys with a record
  std::size_t evidence = 0;      // keys with samples
  std::size_t memory_bytes = 0;  // reserved for tables in use
  base::Instant now{};
};

class Detector {
 public:
  explicit Detector(DetectorOptions options = {});
  ~Detector();
  Detector(Detector&&) noexcept;
  Detector& operator=(Detector&&) noexcept;

  // Counts mentions of one source. Order does not matter within late_max; `now` bounds what
  // "future" means.
  void feed(std::string_view source, std::span<const Mention> mentions, base::Instant now);
  void feed(std::string_view source, std::span<const MentionView> mentions, base::Instant now);

  // Takes posts out of the samples: they were deleted or changed at their source. They stay
  // counted.
  void take_back(std::string_view source, std::span<const std::string> ids);

  // Moves time forward and scores what was touched since the last tick.
  void tick(base::Instant now);

  // Ranked, best first, as of the last tick; one story once.
  std::vector<Trend> top(const TrendQuery& query = {}) const;
  // One topic by Trend::id, also when it is not (or no longer) in the list, as long as it has a
  // record.
  std::optional<Trend> find(std::string_view id) const;

  DetectorStats stats() const;
  const DetectorOptions& options() const;

  // Everything needed to go on after a restart, versioned and checksummed; bounded by what is in
  // use. A detector that restored it answers exactly like the one that made it. Fails on a foreign,
  // damaged or differently sized snapshot and then leaves the detector as it was.
  std::string snapshot() const;
  base::Result<void> restore(std::string_view snapshot);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trends
