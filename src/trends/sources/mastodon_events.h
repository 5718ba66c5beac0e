// Events of Mastodon's streaming API as mentions and as ids that are gone. Pure.
//
// A deletion names a status by its id on that server, a mention is known by its URI: the ids of
// late are remembered, in two generations, so that memory is bounded. Frames are foreign and may be
// anything; what is broken is counted.
#pragma once

#include "trends/source.h"

#include <string>
#include <string_view>
#include <unordered_map>

namespace trends {

class MastodonEvents {
 public:
  // `newest`: the id of the last status that is known; anything else than digits is none.
  explicit MastodonEvents(std::string_view newest, std::size_t generation_max = 20'000);

  void read_frame(std::string_view frame, base::Instant now, Batch& batch);
  // Statuses of the timeline, any order.
  void read_timeline(const json::value& list, base::Instant now, Batch& batch);

  // Empty when none is known.
  const std::string& newest() const { return newest_; }

 private:
  void read_new(const json::value& status, base::Instant now, Batch& batch);
  void remember(const json::value& status);
  std::string uri_of(const std::string& id) const;

  std::string newest_;
  std::size_t generation_max_;
  std::unordered_map<std::string, std::string> current_;  // URI by id
  std::unordered_map<std::string, std::string> previous_;
};

}  // namespace trends
