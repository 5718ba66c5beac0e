// The HTTP face of watch lists: /api/watch-lists and below, and the feed of each.
#pragma once

#include "accounts/principal.h"
#include "http/router.h"
#include "topics/lists.h"
#include "trends/board.h"
#include "trends/filters.h"

#include <functional>
#include <string>

namespace topics {

struct Services {
  Services(db::Database& database, const base::Clock& clock_of_all, trends::Board& board_of_trends)
      : clock(clock_of_all),
        lists(database, clock_of_all),
        filters(database, clock_of_all),
        board(board_of_trends) {}

  const base::Clock& clock;
  Lists lists;
  trends::FilterStore filters;
  trends::Board& board;
  std::string public_url = {};
  // A list was changed: {"type": "watch_list", "id"}; may be empty.
  std::function<void(base::WorkspaceId, json::object)> changed = {};

  // For trends::Doors::rating.
  io::Task<std::optional<trends::Rating>> rating(base::WorkspaceId workspace, std::string list);
};

// `services` outlive the router.
void bind(http::Router& router, Services& services);

}  // namespace topics
