// What is asked of a caption, what fits, and what comes out.
#pragma once

#include "base/error.h"
#include "networks/network.h"

#include <string>
#include <string_view>
#include <vector>

namespace captions {

enum class Tone { neutral, friendly, professional, playful };
inline constexpr std::size_t tone_count = 4;
std::string_view to_string(Tone tone);
base::Result<Tone> parse_tone(std::string_view text);

struct CaptionRequest {
  Tone tone = Tone::neutral;
  std::string language = {};      // BCP 47; empty: the trend's most common one
  std::string instructions = {};  // of the person who asks
};

struct Caption {
  std::string text;                   // with its hashtags
  std::vector<std::string> hashtags;  // those of the text, with '#'
  bool offline = false;
  std::string model;
  std::string note;  // for the person: how it was made, what to look at; may be empty
};

// How much a post may hold, counted as its network counts.
class Room {
 public:
  Room() = default;  // of no network in particular: 500 graphemes
  Room(const networks::Network* network, networks::Limits limits);

  bool fits(std::string_view text) const;
  std::string_view network_label() const;
  // "300 graphemes", for people and models.
  std::string description() const;
  // The text itself, or as much of its beginning as fits, cut at a word.
  std::string cut(std::string_view text) const;

 private:
  const networks::Network* network_ = nullptr;
  networks::Limits limits_{.unit = networks::CountUnit::graphemes, .text_max = 500};
};

std::vector<std::string> hashtags_of(std::string_view text);

}  // namespace captions
