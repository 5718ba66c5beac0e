#include "trends/source_weights.h"

#include "base/log.h"
#include "base/text.h"
#include "trends/hashing.h"

#include <charconv>

namespace trends {
namespace {

constexpr std::uint64_t salt = 0x9d5f'31b7'a84e'06c3;  // other than what shards divide authors by

bool counts(const Mention& mention, double weight) {
  if (mention.author.empty()) return weight > 0;
  const std::uint64_t hash = mix(hash_text(mention.author) ^ salt, hash_seed);
  return static_cast<double>(hash >> 11) * 0x1p-53 < weight;
}

}  // namespace

SourceWeights parse_source_weights(std::string_view text) {
  SourceWeights weights;
  for (const std::string_view part : base::split(text, ',')) {
    if (base::trim(part).empty()) continue;
    const auto sign = part.find('=');
    const std::string_view type = base::trim(part.substr(0, sign));
    const std::string_view number =
        sign == std::string_view::npos ? "" : base::trim(part.substr(sign + 1));
    double weight = -1;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
    const bool good = error == std::errc{} && end == number.data() + number.size() && weight >= 0 &&
                      weight <= 1 && !type.empty();
    if (good) {
      weights[std::string(type)] = weight;
    } else {
      base::log_warn("unreadable_source_weight", {{"value", boost::json::value(part)}});
    }
  }
  return weights;
}

void thin(std::vector<Mention>& mentions, double weight) {
  if (weight >= 1) return;
  std::erase_if(mentions, [&](const Mention& mention) { return !counts(mention, weight); });
  for (Mention& mention : mentions) {
    if (mention.author.empty()) mention.weight *= weight;
  }
}

}  // namespace trends
