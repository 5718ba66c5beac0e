#include "trends/tracked.h"

#include "base/check.h"
#include "trends/surprise.h"

namespace trends {

std::uint32_t Tracked::find(std::uint64_t key) const {
  for (std::size_t i = home(key); index_[i] != 0; i = (i + 1) & (index_.size() - 1)) {
    if (records_[index_[i] - 1].key == key) return index_[i] - 1;
  }
  return none;
}

std::uint32_t Tracked::create(std::uint64_t key, Kind kind, Name name) {
  CHECK(!full());
  std::uint32_t record = end_;
  if (!free_.empty()) {
    record = free_.back();
    free_.pop_back();
  } else {
    ++end_;
    names_.resize(end_);
  }
  records_[record] = Record{};
  records_[record].key = key;
  records_[record].kind = kind;
  names_[record] = std::move(name);
  insert(key, record);
  ++used_;
  return record;
}

void Tracked::destroy(std::uint32_t record) {
  erase(records_[record].key);
  authors_.release(records_[record].author_block);
  records_[record] = Record{};
  names_[record] = {};
  free_.push_back(record);
  --used_;
}

std::uint32_t Tracked::victim(Step now) {
  constexpr std::uint32_t sample = 16;
  std::uint32_t best = none;
  double least = 0;
  for (std::uint32_t i = 0; i < sample; ++i) {
    hand_ = hand_ + 1 >= end_ ? 0 : hand_ + 1;
    if (hand_ + 8 < end_) __builtin_prefetch(&records_[hand_ + 8], 0, 1);
    const Record& record = records_[hand_];
    if (!record.used() || record.hot) continue;
    const double hours = (now - std::min(now, record.step)) / 12.0;
    const double worth = record.uses / ((1 + hours) * (1 + hours));
    if (best != none && worth >= least) continue;
    best = hand_;
    least = worth;
  }
  return best;
}

void Tracked::settle(std::uint32_t number, Step now, double half_life) {
  Record& record = records_[number];
  if (record.posts > 0) {
    record.timeline.add(record.step, {.authors = record.authors, .posts = record.posts});
    record.lately += record.authors;
  }
  record.authors = 0;
  record.posts = 0;
  if (now <= record.step) return;
  record.lately *= static_cast<float>(decay(now - record.step, 288));
  const std::uint32_t half_hour = half_hour_of(now);
  if (const std::uint32_t passed = half_hour - half_hour_of(record.step); passed > 0) {
    authors_.age(record.author_line, record.author_block, half_hour, passed);
    note_level(record);
  }
  record.timeline.advance(now, half_life);
  record.step = now;
}

void Tracked::insert(std::uint64_t key, std::uint32_t record) {
  std::size_t i = home(key);
  while (index_[i] != 0) i = (i + 1) & (index_.size() - 1);
  index_[i] = record + 1;
}

void Tracked::erase(std::uint64_t key) {
  const std::size_t mask = index_.size() - 1;
  std::size_t hole = home(key);
  while (records_[index_[hole] - 1].key != key) hole = (hole + 1) & mask;
  // Later entries of the run move up when the hole lies between their home and their place.
  for (std::size_t i = (hole + 1) & mask; index_[i] != 0; i = (i + 1) & mask) {
    const std::size_t wanted = home(records_[index_[i] - 1].key);
    if (((i - wanted) & mask) >= ((i - hole) & mask)) {
      index_[hole] = index_[i];
      hole = i;
    }
  }
  index_[hole] = 0;
}

std::size_t Tracked::memory_bytes() const {
  return end_ * (sizeof(Record) + sizeof(Name) + 2 * sizeof(std::uint32_t)) +
         authors_.memory_bytes();
}

}  // namespace trends
