// Finding a post among the account's latest, which X charges for: only posts of its time are asked
// for. Uploaded pictures belong to one post; otherwise words, parent and time decide.
#pragma once

#include "networks/window.h"
#include "networks/wording.h"
#include "networks/x/api.h"

#include <string>
#include <vector>

namespace networks::x {

struct Wanted {
  Wording wording;
  std::string in_reply_to;
  std::vector<std::string> media_ids;
  base::Instant made_at;
};
Wanted wanted_of(const json::object& payload);

// A post's words as they were written: X shortens links, adds those of pictures, and escapes.
std::string words_of(const json::value& post);

Likeness likeness_of(const json::value& post, const Wanted& wanted, const Window& window);

Published published(const std::string& id);

io::Task<Found> look_up(Api api, Account account, Wanted wanted);

}  // namespace networks::x
