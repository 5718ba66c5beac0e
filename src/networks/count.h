// Counting and checking of text and media by a network's limits: what the page shows while typing
// and what the worker holds a post against before anything is sent. Pure.
#pragma once

#include "networks/network.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace networks {

// In limits.unit, with URLs counted as limits.url_length where it is set.
std::int64_t count_text(std::string_view text, const Limits& limits);

// Remote mentions in the way Mastodon reads them: '@' of "@user@host.example" up to the end of the
// host. `host` is where the second '@' stands.
struct MentionSpan {
  std::size_t begin;
  std::size_t host;
  std::size_t end;
};
std::vector<MentionSpan> find_remote_mentions(std::string_view text);

// The errors of Network::check: empty parts, too long a text, media that the limits do not allow.
std::vector<base::FieldError> check_parts(const Network& network,
                                          const std::vector<PartDraft>& parts,
                                          const Limits& limits);

}  // namespace networks
