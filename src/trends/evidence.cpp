#include "trends/evidence.h"

#include <algorithm>

namespace trends {

namespace {

void count_name(auto& counters, std::uint32_t name) {
  for (auto& counter : counters) {
    if (counter.count != 0 && counter.name != name) continue;
    counter.name = name;
    ++counter.count;
    return;
  }
}

}  // namespace

void Evidence::count(std::uint64_t author, std::uint8_t source, std::uint8_t language) {
  ++posts;
  count_name(sources, source);
  count_name(languages, language);
  const auto name = static_cast<std::uint32_t>(author >> 32);
  Counter* least = &authors[0];
  for (auto& counter : authors) {
    if (counter.name == name && counter.count > 0) {
      ++counter.count;
      return;
    }
    if (counter.count < least->count) least = &counter;
  }
  least->name = name;
  ++least->count;
}

bool Evidence::wants(std::uint64_t author, std::uint32_t now, const PostStore& store) {
  if (tick != now) {
    tick = now;
    taken_in_tick = 0;
  }
  if (taken_in_tick >= per_tick) return false;
  for (std::size_t i = 0; i < sample_count(); ++i) {
    if (store[sample(i)].author_hash == author) return false;
  }
  return true;
}

void Evidence::take(std::uint32_t post, PostStore& store) {
  store.hold(post);
  ++taken_in_tick;
  if (early_count < early) {
    samples[early_count++] = post;
    return;
  }
  std::uint32_t& place = samples[early + late_next];
  if (late_count == late) {
    store.release(place);
  } else {
    ++late_count;
  }
  place = post;
  late_next = static_cast<std::uint8_t>((late_next + 1) % late);
}

void Evidence::drop(std::uint32_t post, PostStore& store) {
  const auto taken = std::remove(samples.begin(), samples.begin() + early_count, post);
  for (auto rest = taken; rest != samples.begin() + early_count; ++rest) store.release(post);
  early_count = static_cast<std::uint8_t>(taken - samples.begin());
  // The moving choice in its order, so that the oldest goes on being the first to leave.
  std::array<std::uint32_t, late> left{};
  std::uint8_t count = 0;
  for (std::size_t i = 0; i < late_count; ++i) {
    const std::size_t place = late_count == late ? (late_next + i) % late : i;
    if (samples[early + place] == post) {
      store.release(post);
    } else {
      left[count++] = samples[early + place];
    }
  }
  if (count == late_count) return;
  std::ranges::copy(left, samples.begin() + early);
  late_count = count;
  late_next = count;
}

std::uint32_t EvidencePool::create(std::uint32_t record) {
  std::uint32_t entry;
  if (free_.empty()) {
    entry = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    entry = free_.back();
    free_.pop_back();
  }
  entries_[entry] = {};
  entries_[entry].record = record;
  entries_[entry].used = true;
  ++used_;
  return entry;
}

void EvidencePool::destroy(std::uint32_t entry, PostStore& store) {
  Evidence& evidence = entries_[entry];
  for (std::size_t i = 0; i < evidence.sample_count(); ++i) store.release(evidence.sample(i));
  evidence = {};
  free_.push_back(entry);
  --used_;
}

}  // namespace trends
