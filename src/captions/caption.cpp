#include "captions/caption.h"

#include "base/text.h"
#include "networks/count.h"

namespace captions {
namespace {

constexpr std::array<std::string_view, tone_count> tone_names{"neutral", "friendly", "professional",
                                                              "playful"};
// No caption is longer than this, whatever the network allows.
constexpr std::size_t graphemes_max = 2000;

std::string_view unit_name(networks::CountUnit unit) {
  switch (unit) {
    case networks::CountUnit::graphemes:
    case networks::CountUnit::mastodon:
    case networks::CountUnit::code_points:
    case networks::CountUnit::emoji_bytes:
    case networks::CountUnit::weighted:
      return "characters";
    case networks::CountUnit::utf16_units:
      return "UTF-16 units";
    case networks::CountUnit::bytes:
      return "bytes";
  }
  return "characters";
}

}  // namespace

std::string_view to_string(Tone tone) { return tone_names.at(static_cast<std::size_t>(tone)); }

base::Result<Tone> parse_tone(std::string_view text) {
  const auto found = std::ranges::find(tone_names, text);
  if (found == tone_names.end()) {
    return base::invalid("tone", "must be neutral, friendly, professional or playful");
  }
  return static_cast<Tone>(found - tone_names.begin());
}

Room::Room(const networks::Network* network, networks::Limits limits)
    : network_(network), limits_(std::move(limits)) {}

bool Room::fits(std::string_view text) const {
  if (base::count_graphemes(text) > graphemes_max) return false;
  const std::int64_t used = network_ != nullptr ? network_->count(text, limits_).used
                                                : networks::count_text(text, limits_);
  const auto bytes = static_cast<std::int64_t>(text.size());
  return (limits_.text_max == 0 || used <= limits_.text_max) &&
         (limits_.bytes_max == 0 || bytes <= limits_.bytes_max);
}

std::string_view Room::network_label() const {
  return network_ != nullptr ? std::string_view(network_->about().label) : "a social network";
}

std::string Room::description() const {
  if (limits_.text_max == 0) return fmt::format("{} characters", graphemes_max);
  return fmt::format("{} {}", limits_.text_max, unit_name(limits_.unit));
}

std::string Room::cut(std::string_view text) const {
  if (fits(text)) return std::string(text);
  // The largest number of graphemes that fits; more graphemes never count less.
  std::size_t low = 0;
  std::size_t high = std::min(base::count_graphemes(text), graphemes_max);
  while (low < high) {
    const std::size_t middle = (low + high + 1) / 2;
    if (fits(base::truncate_graphemes(text, middle))) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return base::truncate_graphemes(text, low);
}

std::vector<std::string> hashtags_of(std::string_view text) {
  std::vector<std::string> tags;
  for (const base::Span span : base::find_hashtags(text)) {
    std::string tag(text.substr(span.begin, span.end - span.begin));
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(std::move(tag));
  }
  return tags;
}

}  // namespace captions
