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

  DetectorOptions options;
  double half_life;  // of the baseline, in half hours
  Tokenizer tokenizer;
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
  Step kept_step = 0;  // of `kept_in_step`
  std::uint32_t kept_in_step = 0;
  DetectorStats stats;
};

}  // namespace trends
