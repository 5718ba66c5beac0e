// `socialtrend detect`: anomaly scores for one series of counts, on line, with the record rule of
// the detector.
#pragma once

#include <ostream>
#include <string>

namespace trends {

struct DetectOptions {
  std::string input = "-";  // CSV: timestamp,value at a regular step, one header line
  std::string output = {};  // CSV: timestamp,value,anomaly_score; empty or "-" = standard output
};

// The exit status: 0, or 1 when the input cannot be read or the output cannot be written (said on
// `err`).
int run_detect(const DetectOptions& options, std::ostream& err);

}  // namespace trends
