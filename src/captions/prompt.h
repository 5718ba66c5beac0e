// What the language model is told. Pure.
//
// What strangers wrote goes in as JSON between two lines with a random mark that they cannot know,
// and the system message says that everything there is data. What the model then says is not
// trusted either: see answer.h.
#pragma once

#include "base/json.h"
#include "captions/caption.h"
#include "captions/evidence.h"

namespace captions {

// Messages of the chat completions API. `evidence` is tidy; `mark` is random.
json::array make_messages(const TrendEvidence& evidence, const CaptionRequest& request,
                          const Room& room, std::string_view mark);

}  // namespace captions
