// Tables: the whole state of a detector, shared by its parts (intake, ranking, stories,
// explanation, snapshot).
#pragma once

#include "trends/admission.h"
#include "trends/background.h"
#include "trends/detector.h"
#include "trends/evidence.h"
#include "trends/post_store.h"
#include "trends/registry.h"
#include "trends/stream.h"
#include "trends/tokenizer.h"
#include "trends/tracked.h"

#include <string>
#include <vector>

namespace trends {

struct Tables {
  explicit Tables(DetectorOptions wanted);

  static constexpr std::size_t keys_together = 16;  // mentions whose keys are found ahead

  DetectorOptions options;
  double half_life;  // of the baseline, in half hours
  Step epoch_steps;  // half of the admission window
  Tokenizer tokenizer;
  std::vector<PostKeys> keys{keys_together};  // of the mentions that are being counted
  Admission admission;
  Background background;
  Tracked tracked;
  Stream stream;
  PostStore posts;
  EvidencePool evidence;
  Registry sources;
  Registry languages;
  LazyArray<std::uint64_t> recent_ids;  // one place per hash: mentions counted lately
  std::vector<std::uint32_t> dirty;     // records touched since the last tick
  std::vector<std::uint32_t> hot;       // records that may be shown
  std::uint32_t ticks = 0;
  std::uint32_t evicted = 0;  // records that gave way since the last tick
  double uses_demanded = 1;   // of a key before it gets a record; rises while many give way
  Step kept_step = 0;         // of `kept_in_step`
  std::uint32_t kept_in_step = 0;
  DetectorStats stats;
};

}  // namespace trends
