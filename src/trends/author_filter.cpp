#include "trends/author_filter.h"

#include <bit>
#include <cmath>
#include <emmintrin.h>

namespace trends {

namespace {

constexpr unsigned place_of(std::uint16_t print) { return print >> 8; }

bool sampled(std::uint64_t author, unsigned level) {
  const std::uint64_t bits = (author >> 24) | (std::uint64_t{1} << 40);
  return static_cast<unsigned>(std::countr_zero(bits)) >= level;
}

bool has(const std::uint64_t (&bits)[4], unsigned place) {
  return (bits[place / 64] >> (place % 64) & 1) != 0;
}

void set(std::uint64_t (&bits)[4], unsigned place) {
  bits[place / 64] |= std::uint64_t{1} << (place % 64);
}

}  // namespace

double AuthorFilter::insert(std::uint64_t author, State& state) {
  const auto print = static_cast<std::uint16_t>(author | 1);  // 0 is the empty place
  if (state.count != bitmap_mark) {
    if (refresh(print)) return 0;
    if (state.count < exact_max) {
      exact_.prints[state.count] = print;
      exact_.fresh |= 1U << state.count;
      ++state.count;
      return 1;
    }
    to_bitmaps();
    state = {.count = bitmap_mark, .level = 0};
  }
  return insert_bit(author, place_of(print), state);
}

// Whether the print is there; if so it is fresh again.
bool AuthorFilter::refresh(std::uint16_t print) {
  const __m128i wanted = _mm_set1_epi16(static_cast<short>(print));
  const auto* blocks = reinterpret_cast<const __m128i*>(exact_.prints);
  for (int block = 0; block < 4; ++block) {  // the last one also covers `fresh`, masked below
    const auto hits = static_cast<unsigned>(
        _mm_movemask_epi8(_mm_cmpeq_epi16(_mm_loadu_si128(blocks + block), wanted)));
    const unsigned hit = block == 3 ? hits & 0x0FFF : hits;
    if (hit == 0) continue;
    exact_.fresh |= 1U << (8 * block + std::countr_zero(hit) / 2);
    return true;
  }
  return false;
}

void AuthorFilter::to_bitmaps() {
  const Exact exact = exact_;
  bitmaps_ = {};
  for (std::size_t i = 0; i < exact_max; ++i) {
    const bool is_fresh = (exact.fresh >> i & 1) != 0;
    set(is_fresh ? bitmaps_.fresh : bitmaps_.stale, place_of(exact.prints[i]));
  }
}

double AuthorFilter::insert_bit(std::uint64_t author, unsigned place, State& state) {
  if (!sampled(author, state.level) || has(bitmaps_.fresh, place)) return 0;
  const bool known = has(bitmaps_.stale, place);
  set(bitmaps_.fresh, place);
  if (known) return 0;
  const unsigned ones = fill() - 1;
  const double weight = std::ldexp(static_cast<double>(places) / (places - ones), state.level);
  if (ones + 1 >= places / 4 * 3 && state.level < 40) {
    bitmaps_ = {};
    ++state.level;
  }
  return weight;
}

unsigned AuthorFilter::fill() const {
  int ones = 0;
  for (int i = 0; i < 4; ++i) ones += std::popcount(bitmaps_.fresh[i] | bitmaps_.stale[i]);
  return static_cast<unsigned>(ones);
}

void AuthorFilter::age(std::int64_t half_hour, std::int64_t passed, State& state) {
  if (state.count == 0) return;
  if (passed >= static_cast<std::int64_t>(2 * phases)) {
    bitmaps_ = {};
    state = {};
    return;
  }
  for (std::int64_t step = passed - 1; step >= 0; --step) {
    const auto phase =
        static_cast<unsigned>((half_hour - step) % static_cast<std::int64_t>(phases));
    if (state.count == bitmap_mark) {
      age_bitmaps(phase);
    } else {
      age_exact(phase, state);
    }
  }
  if (state.count != bitmap_mark) return;
  const unsigned ones = fill();
  if (ones == 0) state = {};
  if (ones > 0 && ones < 16 && state.level > 0) --state.level;
}

void AuthorFilter::age_exact(unsigned phase, State& state) {
  for (unsigned i = 0; i < state.count;) {
    if (place_of(exact_.prints[i]) * phases / places != phase) {
      ++i;
    } else if ((exact_.fresh >> i & 1) != 0) {
      exact_.fresh &= ~(1U << i);
      ++i;
    } else {  // silent for a whole cycle: forgotten; the last one takes the place
      const unsigned last = --state.count;
      exact_.prints[i] = exact_.prints[last];
      exact_.fresh = (exact_.fresh & ~(1U << i)) | ((exact_.fresh >> last & 1) << i);
      exact_.fresh &= ~(1U << last);
      exact_.prints[last] = 0;
    }
  }
}

void AuthorFilter::age_bitmaps(unsigned phase) {
  const unsigned end = ((phase + 1) * places + phases - 1) / phases;
  for (unsigned place = (phase * places + phases - 1) / phases; place < end; ++place) {
    const std::uint64_t bit = std::uint64_t{1} << (place % 64);
    std::uint64_t& fresh = bitmaps_.fresh[place / 64];
    std::uint64_t& stale = bitmaps_.stale[place / 64];
    stale = (stale & ~bit) | (fresh & bit);
    fresh &= ~bit;
  }
}

}  // namespace trends
