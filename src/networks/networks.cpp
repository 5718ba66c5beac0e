#include "networks/count.h"
#include "networks/network.h"

namespace networks {

#define NETWORK(name) std::unique_ptr<Network> make_##name();
#include "networks/all.def"
#undef NETWORK

const std::vector<std::unique_ptr<Network>>& all() {
  static const auto* networks = [] {
    auto* made = new std::vector<std::unique_ptr<Network>>;
#define NETWORK(name) made->push_back(make_##name());
#include "networks/all.def"
#undef NETWORK
    return made;
  }();
  return *networks;
}

const Network* by_id(std::string_view id) {
  for (const auto& network : all()) {
    if (network->about().id == id) return network.get();
  }
  return nullptr;
}

RetryClass Network::retry_class(const Account&) const { return about().retry; }

std::vector<Budget> Network::budgets(const Account&) const { return {}; }

std::optional<base::Instant> Network::renew_at(const Account&) const { return std::nullopt; }

io::Task<Renewal> Network::renew(Context, Account) const {
  co_return RetryLater{.reason = about().label + " needs no renewal"};
}

Limits Network::limits(const Account&) const { return about().limits; }

Count Network::count(std::string_view text, const Limits& limits) const {
  return {.used = count_text(text, limits), .max = limits.text_max, .unit = limits.unit};
}

std::vector<base::FieldError> Network::check(const std::vector<PartDraft>& parts,
                                             const Limits& limits) const {
  return check_parts(*this, parts, limits);
}

std::string_view to_string(RetryClass value) {
  switch (value) {
    case RetryClass::safe_by_key:
      return "safe_by_key";
    case RetryClass::safe_by_lookup:
      return "safe_by_lookup";
    case RetryClass::blind:
      return "blind";
  }
  return "blind";
}

std::string_view to_string(CountUnit value) {
  switch (value) {
    case CountUnit::graphemes:
      return "graphemes";
    case CountUnit::code_points:
      return "code_points";
    case CountUnit::utf16_units:
      return "utf16_units";
    case CountUnit::bytes:
      return "bytes";
    case CountUnit::mastodon:
      return "mastodon";
    case CountUnit::emoji_bytes:
      return "emoji_bytes";
    case CountUnit::weighted:
      return "weighted";
  }
  return "graphemes";
}

std::string_view to_string(Threads value) {
  switch (value) {
    case Threads::none:
      return "none";
    case Threads::one_request:
      return "one_request";
    case Threads::part_by_part:
      return "part_by_part";
  }
  return "none";
}

json::object to_json(const Limits& limits) {
  json::array types;
  for (const auto& type : limits.media_types) types.emplace_back(type);
  return {{"unit", to_string(limits.unit)},
          {"text_max", limits.text_max},
          {"bytes_max", limits.bytes_max},
          {"url_length", limits.url_length},
          {"media_max", limits.media_max},
          {"media_min", limits.media_min},
          {"image_bytes_max", limits.image_bytes_max},
          {"image_side_max", limits.image_side_max},
          {"image_pixels_max", limits.image_pixels_max},
          {"alt_text_max", limits.alt_text_max},
          {"media_types", std::move(types)}};
}

json::object to_json(const About& about) {
  return {{"id", about.id},
          {"label", about.label},
          {"color", about.color},
          {"retry_class", to_string(about.retry)},
          {"retry_note", about.retry_note},
          {"limits", to_json(about.limits)},
          {"threads", to_string(about.threads)},
          {"alt_text", about.alt_text},
          {"settings", to_json(about.settings)}};
}

}  // namespace networks
