// The sentences of the offline composer, by language and tone. {} is what the evidence says.
//
// A sentence states only what its evidence says, and a topic that a person typed gets one that
// states nothing: nothing is known about it.
#pragma once

#include "captions/caption.h"

#include <array>
#include <string_view>

namespace captions {

struct Phrases {
  std::string_view language;  // BCP 47 primary subtag
  std::array<std::string_view, tone_count> rising;
  std::array<std::string_view, tone_count> topic;
  std::array<std::string_view, tone_count> closing;  // may be empty
  std::string_view authors_and_ratio;
  std::string_view authors;
  std::string_view minutes;
  std::string_view hours;
  std::string_view days;
  std::string_view terms;
  std::string_view sources;
};

// Null when the language ("pt", "pt-BR") is not one of ours.
const Phrases* phrases_for(std::string_view language);
const Phrases& english();
// "en, de, ..."
std::string phrase_languages();

}  // namespace captions
