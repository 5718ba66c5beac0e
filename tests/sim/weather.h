// What a seed has in store: which faults there are in it and how many. Some seeds are calm in one
// respect so that what another does can be seen.
#pragma once

#include "random.h"

namespace sim {

struct Weather {
  explicit Weather(Random& random);

  // Statements that interleave as on PostgreSQL, or one writer at a time as on SQLite.
  bool postgres;
  int workers;
  int posts;    // that people write
  int actions;  // of people, beside writing
  bool
      strange_clocks;  // beyond what the workers allow for: fewer promises hold (docs/simulator.md)
  bool production_patience;

  // Probabilities, each time that something passes a door.
  double crash;
  double freeze;
  double statement_lost;  // on the way to the database
  double answer_lost;     // on the way back
  double slow_database;
  double refused;        // no connection
  double request_lost;   // nothing arrives, nobody can tell
  double reply_lost;     // taken, and the answer is lost
  double late;           // the network takes it long after
  double slow_search;    // what it took is not found at once (class B)
  double busy;           // 429 or 503 before taking it
  double error_before;   // 5xx without having taken it
  double error_after;    // 5xx after taking it
  double malformed;      // taken, and the answer makes no sense
  double doubled;        // a proxy delivers it twice (networks of class A only)
  double processing;     // what was handed over is not ready yet
  double refusal;        // the network does not like it
  double connector_bug;  // an exception in the connector

  // How often while there are faults.
  int failovers;
  int read_only_times;
  int clock_jumps;
  int revocations;
  int stops;  // a worker is told to stop, and another one starts
};

}  // namespace sim
