// Finding a post in an account's own list by what it says, when no key can be asked for. Pure.
#pragma once

#include "networks/network.h"

#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace networks::mastodon {

// What stays of a text on its way through a server: letters without white space, mentions without
// their host, and with compatible forms and case folded. `html` is a status' content, `plain` what
// we sent.
std::string fingerprint_of_html(std::string_view html);
std::string fingerprint_of_plain(std::string_view plain);

// The frozen post that is looked for.
struct Wanted {
  std::string fingerprint;
  std::string in_reply_to;             // "" for none
  std::vector<std::string> media_ids;  // as uploaded for this very post
  base::Instant not_before;            // key.created_at less what clocks may differ
};

// Is this status the wanted one? Media ids belong to one status only, so they decide alone where
// there are any.
bool matches(const json::value& status, const Wanted& wanted);

}  // namespace networks::mastodon
