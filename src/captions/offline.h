// The offline composer: a caption from the evidence alone, without a language model. Pure.
//
// Honest by construction: every sentence comes from phrases.h and states a number or a name that
// the evidence holds. It fits the network's limit by leaving sentences out, the least telling
// first.
#pragma once

#include "captions/caption.h"
#include "captions/evidence.h"

namespace captions {

// `evidence` is tidy. `reason`: why it is offline, the beginning of the note.
Caption compose_offline(const TrendEvidence& evidence, const CaptionRequest& request,
                        const Room& room, base::Instant now, std::string_view reason);

// "#TimeWarner" from "time warner"; empty when it cannot be one.
std::string as_hashtag(std::string_view text);

}  // namespace captions
