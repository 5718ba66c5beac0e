// One run of another program over bytes: its standard input and output are files in memory, so that
// nothing has to be pumped, and its end is an event of the loop. It has no environment and no other
// open file of ours, and is killed when the run is given up.
#pragma once

#include "io/task.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace media {

struct ChildResult {
  int exit_code = -1;  // -1: it was killed, by a signal or by us
  std::string output;
};

// Throws base::Unavailable when it cannot be started. `output_max` bounds what is read of the
// output.
io::Task<ChildResult> run_child(std::string program, std::vector<std::string> arguments,
                                std::shared_ptr<const std::string> input,
                                std::chrono::milliseconds time_max, std::size_t output_max);

}  // namespace media
