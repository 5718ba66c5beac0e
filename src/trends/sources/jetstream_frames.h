// Frames of Bluesky's Jetstream, version 1 and 2, as mentions. Pure: no I/O, no clock of its own.
//
// Frames are foreign and may be anything; what is not a new post is left out, what is broken is
// counted. All frames of a batch are parsed in one go, because parsing them one by one costs three
// times as much.
#pragma once

#include "base/time.h"
#include "trends/mention.h"

#include <cstdint>
#include <string>
#include <vector>

namespace trends {

struct JetstreamBatch {
  std::vector<Mention> mentions;
  std::vector<std::string> gone = {};  // ids of posts that were deleted or changed
  std::int64_t rejected = 0;
  std::int64_t time_us = 0;  // the newest server time seen; 0 = none
  std::int64_t seq = 0;      // the highest sequence number seen (version 2); 0 = none
  std::string error;  // the server ended the stream with this ("ConsumerTooSlow"); "" = it did not
};

// `now` bounds what a server may claim: times more than an hour ahead are broken frames.
JetstreamBatch parse_jetstream(const std::vector<std::string>& frames, base::Instant now);

// Where a reader stands: exact on one host by sequence number (version 2), everywhere else by time.
struct JetstreamPosition {
  std::int64_t time_us = 0;
  std::int64_t seq = 0;
  std::string host;  // that gave out `seq`
  bool gap = false;  // posts were missed since; not part of the text

  std::string to_text() const;
  // Garbage reads as "from now on".
  static JetstreamPosition parse(std::string_view text);
};

}  // namespace trends
