#include "media/links.h"

#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace media {
namespace {

std::string signed_text(const base::MediaId& id, std::string_view copy, std::string_view expires) {
  return fmt::format("{}\n{}\n{}", id.value, copy, expires);
}

}  // namespace

Links::Links(const base::Clock& clock, const base::Vault& vault, std::string public_url)
    : clock_(clock), signer_(vault.signer("media links")), public_url_(std::move(public_url)) {
  while (public_url_.ends_with('/')) public_url_.pop_back();
}

std::string Links::link(const base::MediaId& id, std::string_view copy) const {
  const auto hour = std::chrono::ceil<std::chrono::hours>(clock_.now()) + std::chrono::hours{1};
  const std::string expires = std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(hour.time_since_epoch()).count());
  return fmt::format("{}/media/{}?{}{}{}expires={}&signature={}", public_url_, id.value,
                     copy.empty() ? "" : "copy=", copy, copy.empty() ? "" : "&", expires,
                     signer_.sign(signed_text(id, copy, expires)));
}

std::string Links::public_link(const base::MediaId& id, std::string_view copy) const {
  return public_url_.empty() ? std::string() : link(id, copy);
}

bool Links::is_valid(const base::MediaId& id, std::string_view copy, std::string_view expires,
                     std::string_view given) const {
  if (!signer_.accepts(signed_text(id, copy, expires), given)) return false;
  std::int64_t until = 0;
  const auto [end, error] = std::from_chars(expires.data(), expires.data() + expires.size(), until);
  if (error != std::errc{} || end != expires.data() + expires.size()) return false;
  return base::to_micros(clock_.now()) / 1'000'000 <= until;
}

}  // namespace media
