// The two ways of counting that look at emoji: how Threads and X weigh a text. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace networks {

// Where the emoji that begins at `at` ends (UTS #51: with its modifiers, joined parts, flags and
// keycaps); `at` itself when none begins there.
std::size_t emoji_end(std::string_view text, std::size_t at);

// Code points, but an emoji counts as many as it has bytes in UTF-8.
std::int64_t count_emoji_bytes(std::string_view text);

// X's weights, in normal form C: 1 for Latin and its neighbours, 2 for everything else, 2 for an
// emoji however long, and what `url_length` says for a link.
std::int64_t count_weighted(std::string_view text, std::int64_t url_length);

}  // namespace networks
