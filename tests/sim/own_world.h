// What the simulator puts in the place of the machine: the two clocks of the standard library, the
// random bytes of libsodium, and the log. The production code that is linked in reads the
// simulation's time and draws the simulation's chance without knowing.
//
// Done by the linker: own_world.cpp defines the symbols, and those of the program come before those
// of a library.
#pragma once

#include "base/time.h"

#include <functional>
#include <string>

namespace sim {

class Random;

// What both clocks of the process show from now on.
void set_time(base::Instant now);
// Where libsodium's random bytes come from; it outlives their use.
void set_random_bytes(Random& random);
// What production code logs; an empty function: nobody listens.
void set_log(std::function<void(std::string)> listener);

// Seconds on a clock that really goes: for measuring the simulator itself.
double real_seconds();

}  // namespace sim
