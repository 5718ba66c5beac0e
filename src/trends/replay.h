// `socialtrend replay`: recorded posts (JSON Lines, sorted by time) through the detector, in event
// time.
//
// The output has one line per tick of event time with the ranked trends. Bad lines are counted,
// reported with their line numbers at the end and never stop a run; the rate goes to the error
// stream.
#pragma once

#include "base/time.h"
#include "trends/detector.h"

#include <optional>
#include <ostream>
#include <string>

namespace trends {

struct ReplayOptions {
  std::string input = "-";  // FILE, FILE.gz or "-" for standard input
  std::string output = {};  // FILE; empty or "-" = standard output
  base::Duration every = std::chrono::hours{1};
  std::size_t top = 10;
  std::optional<base::Instant> from =
      {};  // nothing is written before (posts before still make the baseline)
  std::optional<base::Instant> to = {};  // reading stops there
  KindSet kinds = all_kinds;
  DetectorOptions detector = {};
};

// "90s", "10m", "1h", "7d"; what the command line accepts for --every.
std::optional<base::Duration> parse_step(std::string_view text);
// "tag,word,bigram,link,cashtag"; cashtags come along with tags when they are not named. Nothing
// for an unknown name.
std::optional<KindSet> parse_kinds(std::string_view text);

// The exit status: 0, or 1 when the input cannot be read or the output cannot be written (said on
// `err`).
int run_replay(const ReplayOptions& options, std::ostream& err);

}  // namespace trends
