// Captions for a trend or a topic: by a language model when one is configured, else, and whenever
// the model fails, by the offline composer, which says so. Not thread-safe: one per loop.
#pragma once

#include "base/time.h"
#include "captions/caption.h"
#include "captions/evidence.h"
#include "captions/model.h"

namespace captions {

class Composer {
 public:
  Composer(http::Client& client, const base::Clock& clock, Settings settings);

  io::Task<Caption> compose(TrendEvidence evidence, CaptionRequest request, Room room);

 private:
  io::Task<base::Result<Caption>> ask_model(TrendEvidence evidence, CaptionRequest request,
                                            Room room);

  const base::Clock& clock_;
  Model model_;
};

}  // namespace captions
