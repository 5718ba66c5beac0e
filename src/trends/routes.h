// The HTTP face of trends and sources.
#pragma once

#include "accounts/principal.h"
#include "base/crypto.h"
#include "http/router.h"
#include "trends/board.h"
#include "trends/filters.h"
#include "trends/source_store.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trends {

// Doors to what this module must not know; set in app/ before bind(). An empty one is skipped.
struct Doors {
  // The posts of a workspace that were written about a trend, as PostOnTrend of openapi.json
  // without minutes_after_rise.
  std::function<io::Task<json::array>(base::WorkspaceId, base::TrendId)> our_posts;
  // How relevant trends are to a watch list of a workspace; nothing when there is no such list.
  std::function<io::Task<std::optional<Rating>>(base::WorkspaceId, std::string list)> rating;
  // A source was added, changed or removed: the page should fetch the sources again.
  std::function<io::Task<>(base::WorkspaceId, std::string source)> source_changed;
  // The runner of this process, if there is one, should look at once.
  std::function<void()> look_soon;
};

struct Services {
  Services(io::Executor executor, db::Database& database, const base::Clock& clock_of_all,
           const base::Vault& vault, Doors doors_of_all = {}, SourceWeights weights = {});

  const base::Clock& clock;
  SourceStore sources;
  FilterStore filters;
  Board board;
  Doors doors;
};

// GET /api/trends, /api/trends/{id}, /api/trends/history, /api/trends/stream, /api/trend-filters,
// /api/source-types, /api/sources and below: the backend role. `services` outlive the router.
void bind(http::Router& router, Services& services);
// POST /automation/api/trends/fetch: the automation role.
void bind_automation(http::Router& router, Services& services);

}  // namespace trends
