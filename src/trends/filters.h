// The filters of workspaces in the database: what each does not want to see among the trends.
//
// Everything is scoped by workspace; a foreign id is "not found". lens() keeps what it read for two
// seconds, so that a stream of lists does not ask for each. Not thread-safe: one per loop.
#pragma once

#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "trends/lens.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace trends {

struct FilterChanges {
  std::optional<bool> hide_adult = {};
  std::optional<bool> hide_flagged = {};
  std::optional<std::int64_t> min_authors = {};
};

class FilterStore {
 public:
  static constexpr std::int64_t entries_max = 1000;  // of a workspace

  FilterStore(db::Database& database, const base::Clock& clock);

  io::Task<Filters> get(base::WorkspaceId workspace);
  io::Task<Filters> change(base::WorkspaceId workspace, FilterChanges changes);

  struct Added {
    FilterEntry entry;
    bool is_new;
  };
  // What is on the other list moves. Fails on a value of which nothing is left, and when there are
  // too many.
  io::Task<base::Result<Added>> add(base::WorkspaceId workspace, FilterEntry entry);
  io::Task<base::Result<void>> remove(base::WorkspaceId workspace, std::string id);

  io::Task<std::shared_ptr<const Lens>> lens(base::WorkspaceId workspace);

 private:
  struct Kept {
    std::shared_ptr<const Lens> lens;
    base::Instant read_at;
  };

  io::Task<base::Result<Added>> insert(base::WorkspaceId workspace, FilterEntry entry);

  db::Database& database_;
  const base::Clock& clock_;
  std::map<std::string, Kept> lenses_;
};

std::string_view to_string(FilterEntry::List list);
std::string_view to_string(FilterEntry::Kind kind);

}  // namespace trends
