// What a language model said, made fit to publish. Pure. The model may have been talked into
// anything by the posts that it read, so only what the evidence or the person named passes.
#pragma once

#include "captions/caption.h"
#include "captions/evidence.h"

#include <optional>

namespace captions {

// Nothing when no usable text is left. Takes out code fences, control characters, links that are
// neither in the evidence nor in the person's instructions and '@' that would call people; cuts to
// the room. The note says what was changed.
std::optional<Caption> accept_answer(std::string_view said, const TrendEvidence& evidence,
                                     const CaptionRequest& request, const Room& room);

}  // namespace captions
