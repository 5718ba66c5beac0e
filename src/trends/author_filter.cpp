#include "trends/author_filter.h"

#include "trends/lanes.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trends {

namespace {

constexpr std::int64_t phases = 24;  // half hours in half a day
constexpr unsigned level_max = 24;
constexpr unsigned few =
    2;  // prints that a line may have left before it looks at more authors again

unsigned phase_of(AuthorPrint print) { return (print >> 8 & 0xFF) * phases / 256; }

}  // namespace

int AuthorLine::find(AuthorPrint print) const {
  // The last two words of the line are no prints.
  const unsigned found = equal_of_sixteen(this, print) & ((1U << prints_max) - 1);
  return found == 0 ? -1 : std::countr_zero(found);
}

bool AuthorLine::refresh(AuthorPrint print) {
  const int index = find(print);
  if (index >= 0) fresh_ |= 1U << index;
  return index >= 0;
}

double AuthorLine::insert(AuthorPrint print) {
  if (!is_sampled(print, level_) || refresh(print)) return 0;
  while (count_ == prints_max) {
    if (level_ == level_max) return 0;
    thin();
    if (!is_sampled(print, level_)) return 0;
  }
  put(print, true);
  return static_cast<double>(1U << level_);
}

void AuthorLine::put(AuthorPrint print, bool fresh) {
  if (count_ == prints_max) return;
  prints_[count_] = print;
  if (fresh) fresh_ |= 1U << count_;
  ++count_;
}

// The last one takes the place.
void AuthorLine::remove(unsigned index) {
  const unsigned last = --count_;
  prints_[index] = prints_[last];
  fresh_ = (fresh_ & ~(1U << index)) | ((fresh_ >> last & 1) << index);
  fresh_ &= ~(1U << last);
  prints_[last] = 0;
}

void AuthorLine::thin() {
  ++level_;
  for (unsigned i = 0; i < count_;) {
    if (is_sampled(prints_[i], level_)) {
      ++i;
    } else {
      remove(i);
    }
  }
}

void AuthorLine::age(std::int64_t half_hour, std::int64_t passed) {
  if (count_ == 0 && level_ == 0) return;
  if (passed >= 2 * phases) {
    *this = {};
    return;
  }
  for (unsigned i = 0; i < count_;) {
    const std::int64_t behind = (half_hour - phase_of(prints_[i])) % phases;
    const std::int64_t turns = behind < passed ? 1 + (passed - 1 - behind) / phases : 0;
    const bool fresh = (fresh_ >> i & 1) != 0;
    if (turns == 0) {
      ++i;
    } else if (fresh && turns == 1) {
      fresh_ &= ~(1U << i);
      ++i;
    } else {
      remove(i);  // silent for a whole cycle
    }
  }
  if (count_ <= few && level_ > 0) --level_;
}

double AuthorBlocks::insert(AuthorLine& line, std::uint32_t& block, AuthorPrint print) {
  if (block == 0) {
    if (!line.exact_and_full() || line.refresh(print)) return line.insert(print);
    block = acquire();
    if (block == 0) return line.insert(print);
    Block& fresh = blocks_[block - 1];
    line.move_to([&](AuthorPrint known) -> AuthorLine& { return fresh[line_of(known)]; });
  }
  return blocks_[block - 1][line_of(print)].insert(print);
}

void AuthorBlocks::age(AuthorLine& line, std::uint32_t& block, std::int64_t half_hour,
                       std::int64_t passed) {
  line.age(half_hour, passed);
  if (block == 0) return;
  bool empty = true;
  for (AuthorLine& part : blocks_[block - 1]) {
    part.age(half_hour, passed);
    empty = empty && part.empty();
  }
  if (empty) release(block);
}

void AuthorBlocks::release(std::uint32_t& block) {
  if (block == 0) return;
  blocks_[block - 1] = {};
  free_.push_back(block);
  block = 0;
}

unsigned AuthorBlocks::least_level(const AuthorLine& line, std::uint32_t block) const {
  if (block == 0) return line.level();
  unsigned level = ~0U;
  for (const AuthorLine& part : blocks_[block - 1]) level = std::min(level, part.level());
  return level;
}

double AuthorBlocks::grain(const AuthorLine& line, std::uint32_t block) const {
  unsigned level = line.level();
  if (block != 0) {
    for (const AuthorLine& part : blocks_[block - 1]) level = std::max(level, part.level());
  }
  return std::ldexp(1.0, static_cast<int>(level));
}

// A block's number + 1, or 0 when all are taken.
std::uint32_t AuthorBlocks::acquire() {
  if (!free_.empty()) {
    const std::uint32_t block = free_.back();
    free_.pop_back();
    return block;
  }
  return end_ < blocks_.size() ? ++end_ : 0;
}

}  // namespace trends
