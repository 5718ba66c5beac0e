// Tracked: the records of admitted keys.
//
// A record is one hot cache line, its authors (one more line, or some in a pool) and the timeline,
// which is written once per step. When all records are taken, the least busy of a sample gives way.
// A record keeps its place until then, so others refer to it by number; numbers are handed out in
// order, so memory is touched only as far as it is used.
#pragma once

#include "trends/author_filter.h"
#include "trends/lazy_array.h"
#include "trends/timeline.h"
#include "trends/trend.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trends {

// The best that a topic reached, and when.
struct Peak {
  float score;
  Step step;
  float authors;
  float posts;
  float expected;
  std::uint32_t window;
};

struct alignas(64) Record {
  // Hot: read and written for every post of the topic.
  std::uint64_t key;
  Step step;      // of the running amounts below
  float authors;  // of the running step, not yet in the timeline
  float posts;
  std::uint32_t evidence;  // entry + 1
  std::uint32_t author_block;
  Kind kind;
  bool dirty;  // touched since the last tick
  bool hot;    // in the list of what may be shown
  // At most that of every line of authors: whom it leaves out needs no look at them.
  std::uint8_t author_level;
  std::uint32_t uses;  // since it was made
  float
      lately;  // authors in the timeline, halved every day: at least half of those of the last day
  Peak peak;

  AuthorLine author_line;
  Timeline timeline;

  Step risen;  // when it entered the list of what may be shown, or rose again by a multiple
  // Per window the highest share of the stream: of the running half day, of the one before, and of
  // all earlier ones (fading), which is what a new rise has to beat.
  std::uint32_t period;
  std::array<float, window_count> share_now;
  std::array<float, window_count> share_before;
  std::array<float, window_count> share_record;
  float risen_score;  // what it had when it had risen

  bool used() const { return key != 0; }
};
static_assert(offsetof(Record, author_line) == 64);

class Tracked {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFF;

  struct Name {
    std::string topic;
    std::string label;
  };

  explicit Tracked(std::size_t max) : records_(max), authors_(max / 4), index_(2 * max) {}

  void prefetch(std::uint32_t record) const { __builtin_prefetch(&records_[record], 1, 3); }
  // After prefetch() has done its work.
  void prefetch_author(std::uint32_t number, AuthorPrint print) const {
    const Record& record = records_[number];
    const void* const line = authors_.line(record.author_line, record.author_block, print);
    __builtin_prefetch(is_sampled(print, record.author_level) ? line : &record, 1, 3);
  }

  Record& operator[](std::uint32_t record) { return records_[record]; }
  const Record& operator[](std::uint32_t record) const { return records_[record]; }
  const Name& name(std::uint32_t record) const { return names_[record]; }
  std::uint32_t find(std::uint64_t key) const;
  std::size_t size() const { return used_; }
  // Records ever handed out: their numbers are below this.
  std::uint32_t end() const { return end_; }
  bool full() const { return used_ == records_.size(); }

  // Counts an author of the topic; how many he stands for.
  double add_author(std::uint32_t number, AuthorPrint print) {
    Record& record = records_[number];
    if (!is_sampled(print, record.author_level)) return 0;
    const double counted = authors_.insert(record.author_line, record.author_block, print);
    // Not every time: the others may be far behind.
    if (counted > static_cast<double>(1U << record.author_level) && record.uses % 16 == 0)
      note_level(record);
    return counted;
  }
  double author_grain(std::uint32_t record) const {
    return authors_.grain(records_[record].author_line, records_[record].author_block);
  }
  // Moves the amounts of the record's running step into its timeline, and its time to `now`.
  void settle(std::uint32_t record, Step now, double half_life);

  std::uint32_t create(std::uint64_t key, Kind kind, Name name);
  void destroy(std::uint32_t record);
  // The least busy of the next 16 records from where the last search ended; for when all are taken.
  std::uint32_t victim(Step now);

  std::size_t memory_bytes() const;

  template <class Visitor>
  void archive(Visitor& visitor);

 private:
  void note_level(Record& record) {
    record.author_level =
        static_cast<std::uint8_t>(authors_.least_level(record.author_line, record.author_block));
  }
  void insert(std::uint64_t key, std::uint32_t record);
  void erase(std::uint64_t key);
  std::size_t home(std::uint64_t key) const { return key >> 13 & (index_.size() - 1); }

  LazyArray<Record> records_;
  AuthorBlocks authors_;
  LazyArray<std::uint32_t> index_;  // open addressing, record + 1
  std::vector<Name> names_;
  std::vector<std::uint32_t> free_;
  std::uint32_t end_ = 0;
  std::size_t used_ = 0;
  std::uint32_t hand_ = 0;
};

}  // namespace trends
