#include "trends/admission.h"

#include <algorithm>

namespace trends {

namespace {

// Epochs that a waiting key may rest.
constexpr std::uint16_t rest_max = 2;

// The waiting key with the fewest uses, or -1 when all are linked.
int weakest_of(const Admission::Line& line, unsigned linked_slots) {
  int weakest = -1;
  unsigned least = ~0U;
  for (int slot = 0; slot < 4; ++slot) {
    const unsigned uses = (linked_slots >> slot & 1) != 0 ? ~0U : line.count[slot];
    weakest = uses < least ? slot : weakest;
    least = std::min(uses, least);
  }
  return weakest;
}

int oldest_of(const Admission::Line& line, std::uint16_t epoch) {
  const auto age = [&](int slot) { return static_cast<std::uint16_t>(epoch - line.epoch[slot]); };
  int oldest = 0;
  for (int slot = 1; slot < 4; ++slot) oldest = age(slot) > age(oldest) ? slot : oldest;
  return oldest;
}

bool expired(std::uint16_t then, std::uint16_t now) {
  return static_cast<std::uint16_t>(now - then) > rest_max;
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
  Seen seen;
  if (slot >= 0) {
    wait(line, slot, author, weight, epoch, place(at, print(key)), seen);
    return seen;
  }
  const int room = make_room(line, at, epoch, seen.forgotten);
  if (room < 0) return seen;
  line.print[room] = print(key);
  line.first[room] = author;
  line.other[room] = 0;
  line.epoch[room] = epoch;
  line.count[room] = 1;
  seen.admitted = weight >= needed_ || (needed_ <= 1 && uses_ <= 1);
  return seen;
}

void Admission::wait(Line& line, int slot, AuthorPrint author, double weight, std::uint16_t epoch,
                     std::uint64_t place, Seen& seen) {
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
}

// A slot for a newcomer, or -1 when it must try again.
int Admission::make_room(Line& line, std::size_t index, std::uint16_t epoch, Forgotten& forgotten) {
  const auto first_of = [](unsigned slots) { return std::countr_zero(slots); };
  const unsigned empty = equal_of_four(line.print, 0);
  const unsigned linked_slots = linked_of(line);
  const unsigned old = far_below_of_four(line.epoch, epoch, rest_max);
  if (const unsigned free = empty | (old & ~linked_slots); free != 0) {
    const int slot = first_of(free);
    if ((empty >> slot & 1) == 0)
      forgotten = {.place = place(index, line.print[slot]), .authors = authors_of(line, slot)};
    return slot;
  }
  const int weakest = weakest_of(line, linked_slots);
  if (weakest < 0) return old != 0 ? oldest_of(line, epoch) : -1;
  if (--line.count[weakest] > 0) return -1;
  // One author's key that had to go says nothing of the past: in a fast stream they would fill it.
  if (const unsigned authors = authors_of(line, weakest); authors > 1)
    forgotten = {.place = place(index, line.print[weakest]), .authors = authors};
  return weakest;
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
