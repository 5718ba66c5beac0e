#include "trends/admission.h"

#include <bit>
#include <emmintrin.h>

namespace trends {

namespace {

int find(const Admission::Line& line, std::uint32_t print) {
  const __m128i prints = _mm_load_si128(reinterpret_cast<const __m128i*>(line.print));
  const __m128i equal = _mm_cmpeq_epi32(prints, _mm_set1_epi32(static_cast<int>(print)));
  const int mask = _mm_movemask_ps(_mm_castsi128_ps(equal));
  return mask == 0 ? -1 : std::countr_zero(static_cast<unsigned>(mask));
}

bool expired(std::uint16_t then, std::uint16_t now) {
  return static_cast<std::uint16_t>(now - then) > 2;
}

}  // namespace

Admission::Seen Admission::see(std::uint64_t key, AuthorPrint author, double weight,
                               std::uint16_t epoch) {
  const std::size_t at = index(key);
  Line& line = lines_[at];
  const int slot = find(line, print(key));
  if (slot >= 0 && linked(line, slot)) {
    line.epoch[slot] = epoch;
    return {.record = line.other[slot] - 1};
  }
  if (slot >= 0) return wait(line, slot, author, weight, epoch, place(at, print(key)));

  Forgotten forgotten;
  const int room = make_room(line, at, epoch, forgotten);
  if (room < 0) return {};
  line.print[room] = print(key);
  line.first[room] = 0;
  line.other[room] = 0;
  line.epoch[room] = epoch;
  line.count[room] = 0;
  Seen seen = wait(line, room, author, weight, epoch, place(at, print(key)));
  if (forgotten.authors > 0) seen.forgotten = forgotten;
  return seen;
}

Admission::Seen Admission::wait(Line& line, int slot, AuthorPrint author, double weight,
                                std::uint16_t epoch, std::uint64_t place) {
  Seen seen;
  if (expired(line.epoch[slot], epoch)) {
    seen.forgotten = {.place = place, .authors = authors_of(line, slot)};
    line.first[slot] = 0;
    line.other[slot] = 0;
    line.count[slot] = 0;
  }
  line.epoch[slot] = epoch;
  if (line.count[slot] < 0xFFFF) ++line.count[slot];
  const bool known = line.first[slot] == author || line.other[slot] == (author | waiting);
  const bool enough = !known && authors_of(line, slot) + 1 >= needed_ && line.count[slot] >= uses_;
  if (weight >= needed_ || enough) {
    seen.admitted = true;
    seen.authors[0] = line.first[slot];
    seen.authors[1] = line.other[slot] & ~waiting;
  } else if (!known && line.other[slot] == 0) {
    (line.first[slot] == 0 ? line.first[slot] : line.other[slot]) =
        line.first[slot] == 0 ? author : author | waiting;
  }
  return seen;
}

// A slot for a newcomer, or -1 when it must try again.
int Admission::make_room(Line& line, std::size_t index, std::uint16_t epoch, Forgotten& forgotten) {
  const auto age = [&](int slot) { return static_cast<std::uint16_t>(epoch - line.epoch[slot]); };
  int weakest = -1;
  int oldest = 0;
  for (int slot = 0; slot < 4; ++slot) {
    if (line.print[slot] == 0) return slot;
    if (age(slot) > age(oldest)) oldest = slot;
    if (linked(line, slot)) continue;
    if (expired(line.epoch[slot], epoch)) {
      forgotten = {.place = place(index, line.print[slot]), .authors = authors_of(line, slot)};
      return slot;
    }
    if (weakest < 0 || line.count[slot] < line.count[weakest]) weakest = slot;
  }
  if (weakest < 0) return expired(line.epoch[oldest], epoch) ? oldest : -1;
  if (--line.count[weakest] > 0) return -1;
  forgotten = {.place = place(index, line.print[weakest]), .authors = authors_of(line, weakest)};
  return weakest;
}

std::uint32_t Admission::record_of(std::uint64_t key) const {
  const Line& line = lines_[index(key)];
  const int slot = find(line, print(key));
  return slot >= 0 && linked(line, slot) ? line.other[slot] - 1 : none;
}

void Admission::link(std::uint64_t key, std::uint32_t record, std::uint16_t epoch) {
  Line& line = lines_[index(key)];
  const int slot = find(line, print(key));
  if (slot < 0) return;
  line.first[slot] = 0;
  line.other[slot] = record + 1;
  line.epoch[slot] = epoch;
}

void Admission::unlink(std::uint64_t key) {
  Line& line = lines_[index(key)];
  const int slot = find(line, print(key));
  if (slot < 0) return;
  line.print[slot] = 0;
  line.first[slot] = 0;
  line.other[slot] = 0;
}

}  // namespace trends
