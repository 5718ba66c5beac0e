// Finding a post in an account's own list, when no key can be asked for.
//
// The ids of uploaded files belong to one post only, so they decide where the server shows them.
// Otherwise words, parent and time must agree; where they agree only half (the same letters in
// other marks, the same words just before our time, a server that says no times) the answer is that
// a person should look: neither a post of somebody else nor "not there" is made of it.
#pragma once

#include "networks/mastodon/api.h"
#include "networks/window.h"
#include "networks/wording.h"

#include <string>
#include <vector>

#include <boost/json.hpp>

namespace networks::mastodon {

// The frozen post that is looked for.
struct Wanted {
  Wording wording;
  std::string in_reply_to;             // "" for none
  std::vector<std::string> media_ids;  // as uploaded for this very post
  base::Instant made_at;               // key.created_at
};
Wanted wanted_of(const json::object& payload);

Likeness likeness_of(const json::value& status, const Wanted& wanted, const Window& window);

// Reads the account's own posts back to the time of the first try.
io::Task<Found> look_up(Context context, Account account, Wanted wanted);

}  // namespace networks::mastodon
