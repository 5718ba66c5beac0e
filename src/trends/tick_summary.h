// TickSummary: what one shard heard in a tick, in a form that can be stored, sent and merged.
//
// Why: counts of authors with a bounded memory do not add up exactly, whoever wrote what does. A
// shard collects the mentions of its sources and authors; the aggregator merges the summaries of a
// tick and feeds one detector. Invariants: mentions are fed in an order that depends on nothing but
// themselves (time, source, id, author, text), and one that came twice is fed once; so the answer
// is the same however a tick's mentions were split, shuffled or repeated, and the same as that of a
// single process that feeds its ticks through one summary. Bytes are versioned and checksummed; a
// summary from elsewhere may be damaged or hostile and is refused as a whole. Plain data: any
// thread, one at a time.
//
//   TickSummary here;                        // in the shard
//   here.add("jetstream", mentions);
//   store(here.encode());
//   TickSummary tick;                        // in the aggregator, when all shards have delivered
//   for (auto& bytes : stored) tick.merge(*TickSummary::decode(bytes));
//   tick.feed(detector, tick_end);
//   detector.tick(tick_end);
#pragma once

#include "base/error.h"
#include "trends/detector.h"
#include "trends/intake.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trends {

class TickSummary {
 public:
  static constexpr std::size_t mentions_max = std::size_t{1} << 20;
  static constexpr std::size_t text_max = 10'000;  // bytes; what a mention has beyond is cut
  static constexpr std::size_t list_max = 64;      // tags and links of a mention

  void add(std::string_view source, std::span<const Mention> mentions);
  void merge(TickSummary other);
  // Posts that were deleted or changed at their source, of this tick or of before.
  void take_back(std::string_view source, std::span<const std::string> ids);

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty() && gone_.empty(); }
  void clear();

  std::string encode() const;
  static base::Result<TickSummary> decode(std::string_view bytes);

  // Drops the mentions that `known` has, by source and id; it learns the others. For what a reader
  // sends again when it begins some seconds before the place where the last one was ended.
  void drop_known(RecentIds& known);

  struct Gone {
    std::string source;
    std::string id;
    auto operator<=>(const Gone&) const = default;
  };
  const std::vector<Gone>& gone() const { return gone_; }

  // Feeds everything in its own order, each mention once, and takes back what is gone. Further
  // mentions may be added afterwards.
  void feed(Detector& detector, base::Instant now);

 private:
  struct Entry {
    std::uint32_t source = 0;  // in sources_
    Mention mention;
  };

  std::uint32_t number_of(std::string_view source);
  bool before(const Entry& a, const Entry& b) const;
  bool same(const Entry& a, const Entry& b) const;
  template <class Visitor>
  void archive(Visitor& visitor);

  std::vector<std::string> sources_;
  std::vector<Entry> entries_;
  std::vector<Gone> gone_;
};

}  // namespace trends
