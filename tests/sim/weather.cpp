#include "weather.h"

namespace sim {

namespace {

// In some seeds there is none of it; in the others more or less.
double some(Random& random, double most) {
  return random.chance(0.4) ? 0 : most * random.fraction();
}

double rare(Random& random, double most) {
  return random.chance(0.4) ? 0 : most * random.fraction() * random.fraction();
}

int few(Random& random, int most) { return random.chance(0.5) ? 0 : random.between(1, most); }

}  // namespace

// The order of these lines is part of what a seed means.
Weather::Weather(Random& random)
    : postgres(random.chance(0.6)),
      workers(random.between(1, 3)),
      posts(random.between(3, 24)),
      actions(random.between(0, 80)),
      strange_clocks(random.chance(0.1)),
      production_patience(random.chance(0.3)),
      crash(rare(random, 0.015)),
      freeze(rare(random, 0.015)),
      statement_lost(rare(random, 0.08)),
      answer_lost(rare(random, 0.12)),
      slow_database(some(random, 0.1)),
      refused(some(random, 0.3)),
      request_lost(some(random, 0.3)),
      reply_lost(some(random, 0.4)),
      late(some(random, 0.6)),
      slow_search(some(random, 1.0)),
      busy(some(random, 0.4)),
      error_before(some(random, 0.3)),
      error_after(some(random, 0.4)),
      malformed(some(random, 0.2)),
      doubled(some(random, 0.5)),
      processing(some(random, 0.8)),
      refusal(some(random, 0.15)),
      connector_bug(some(random, 0.05)),
      failovers(few(random, 4)),
      read_only_times(few(random, 2)),
      clock_jumps(few(random, 6)),
      revocations(few(random, 3)),
      stops(few(random, 3)) {}

}  // namespace sim
