// The gate between the sources and the detector: what strangers send is bounded, cleaned and taken
// once.
#pragma once

#include "base/time.h"
#include "trends/mention.h"

#include <cstdint>
#include <string_view>
#include <unordered_set>

namespace trends {

// Makes a mention fit its promises (valid UTF-8, bounded sizes, web links only, a primary language
// subtag, a time that is not in the future, a sane weight). False when nothing usable is left.
// `keep_time`: it has a time of its own.
bool make_fit(Mention& mention, base::Instant now, bool keep_time);

// Remembers the ids of late, in two generations, so that memory is bounded and a polled list never
// ages out while it is still being listed.
class RecentIds {
 public:
  explicit RecentIds(std::size_t generation_max = 16'384) : generation_max_(generation_max) {}
  bool contains(std::string_view id);
  void add(std::string_view id);

 private:
  void add_hash(std::uint64_t hash);

  std::size_t generation_max_;
  std::unordered_set<std::uint64_t> current_;
  std::unordered_set<std::uint64_t> previous_;
};

}  // namespace trends
