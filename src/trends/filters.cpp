#include "trends/filters.h"

#include "base/text.h"

#include <array>

#include <fmt/format.h>

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr auto kept_for = 2s;
constexpr std::size_t kept_max = 1000;

constexpr std::array<std::string_view, 2> list_names{"block", "allow"};
constexpr std::array<std::string_view, 3> kind_names{"topic", "author", "domain"};

FilterEntry read_entry(const db::Row& row) {
  const auto kind = std::ranges::find(kind_names, row["kind"].text());
  return {.id = row["id"].text(),
          .list = row["list"].text() == list_names[1] ? FilterEntry::List::allow
                                                      : FilterEntry::List::block,
          .kind = static_cast<FilterEntry::Kind>(kind - kind_names.begin()),
          .value = row["value"].text(),
          .folded = row["folded"].text(),
          .created_at = row["created_at"].instant()};
}

}  // namespace

std::string_view to_string(FilterEntry::List list) {
  return list_names.at(static_cast<std::size_t>(list));
}

std::string_view to_string(FilterEntry::Kind kind) {
  return kind_names.at(static_cast<std::size_t>(kind));
}

FilterStore::FilterStore(db::Database& database, const base::Clock& clock)
    : database_(database), clock_(clock) {}

io::Task<Filters> FilterStore::get(base::WorkspaceId workspace) {
  Filters filters;
  const auto rows = co_await database_.execute(
      "SELECT hide_adult, hide_flagged, min_authors FROM trend_filters WHERE workspace_id = $1",
      {workspace});
  if (!rows.empty()) {
    filters.hide_adult = rows[0]["hide_adult"].boolean();
    filters.hide_flagged = rows[0]["hide_flagged"].boolean();
    filters.min_authors = rows[0]["min_authors"].integer();
  }
  const auto entries = co_await database_.execute(
      "SELECT id, list, kind, value, folded, created_at FROM trend_filter_entries "
      "WHERE workspace_id = $1 ORDER BY id DESC LIMIT $2",
      {workspace, entries_max});
  for (const db::Row& row : entries) filters.entries.push_back(read_entry(row));
  co_return filters;
}

io::Task<Filters> FilterStore::change(base::WorkspaceId workspace, FilterChanges changes) {
  const Filters from_the_start;
  co_await database_.execute(
      "INSERT INTO trend_filters (workspace_id, hide_adult, hide_flagged, min_authors, updated_at) "
      "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id) DO UPDATE SET "
      "hide_adult = CASE WHEN $6 = 1 THEN excluded.hide_adult ELSE trend_filters.hide_adult END, "
      "hide_flagged = CASE WHEN $7 = 1 THEN excluded.hide_flagged "
      "ELSE trend_filters.hide_flagged END, "
      "min_authors = CASE WHEN $8 = 1 THEN excluded.min_authors "
      "ELSE trend_filters.min_authors END, updated_at = excluded.updated_at",
      {workspace, changes.hide_adult.value_or(from_the_start.hide_adult),
       changes.hide_flagged.value_or(from_the_start.hide_flagged),
       changes.min_authors.value_or(from_the_start.min_authors), clock_.now(),
       changes.hide_adult.has_value(), changes.hide_flagged.has_value(),
       changes.min_authors.has_value()});
  lenses_.erase(workspace.value);
  co_return co_await get(std::move(workspace));
}

io::Task<base::Result<FilterStore::Added>> FilterStore::add(base::WorkspaceId workspace,
                                                            FilterEntry entry) {
  entry.value = std::string(base::trim(entry.value));
  entry.folded = folded_value(entry.kind, entry.value);
  if (entry.folded.empty()) {
    co_return base::invalid("value", entry.kind == FilterEntry::Kind::domain
                                         ? "is not a domain, such as example.org"
                                         : "says nothing to compare with");
  }
  auto added = co_await insert(workspace, std::move(entry));
  lenses_.erase(workspace.value);
  co_return added;
}

io::Task<base::Result<FilterStore::Added>> FilterStore::insert(base::WorkspaceId workspace,
                                                               FilterEntry entry) {
  auto transaction = co_await database_.begin();
  const auto known = co_await transaction->execute(
      "UPDATE trend_filter_entries SET list = $4 WHERE workspace_id = $1 AND kind = $2 "
      "AND folded = $3 RETURNING id, list, kind, value, folded, created_at",
      {workspace, to_string(entry.kind), entry.folded, to_string(entry.list)});
  if (!known.empty()) {
    co_await transaction->commit();
    co_return Added{.entry = read_entry(known[0]), .is_new = false};
  }
  const auto count = co_await transaction->execute(
      "SELECT COUNT(*) AS n FROM trend_filter_entries WHERE workspace_id = $1", {workspace});
  if (count[0]["n"].integer() >= entries_max) {
    co_return base::conflict(
        fmt::format("There are {} entries already, the most there may be.", entries_max));
  }
  entry.id = base::make_uuid7();
  entry.created_at = clock_.now();
  // Another request may have been first: its row is the answer then.
  const auto rows = co_await transaction->execute(
      "INSERT INTO trend_filter_entries (id, workspace_id, list, kind, value, folded, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (workspace_id, kind, folded) "
      "DO UPDATE SET list = excluded.list RETURNING id, list, kind, value, folded, created_at",
      {entry.id, workspace, to_string(entry.list), to_string(entry.kind), entry.value, entry.folded,
       entry.created_at});
  co_await transaction->commit();
  FilterEntry stored = read_entry(rows[0]);
  const bool is_new = stored.id == entry.id;
  co_return Added{.entry = std::move(stored), .is_new = is_new};
}

io::Task<base::Result<void>> FilterStore::remove(base::WorkspaceId workspace, std::string id) {
  const auto gone = co_await database_.execute(
      "DELETE FROM trend_filter_entries WHERE workspace_id = $1 AND id = $2", {workspace, id});
  if (gone.affected == 0) co_return base::not_found("There is no such entry.");
  lenses_.erase(workspace.value);
  co_return base::Result<void>{};
}

io::Task<std::shared_ptr<const Lens>> FilterStore::lens(base::WorkspaceId workspace) {
  const auto known = lenses_.find(workspace.value);
  if (known != lenses_.end() && clock_.now() - known->second.read_at < kept_for) {
    co_return known->second.lens;
  }
  const base::Instant read_at = clock_.now();
  auto lens = std::make_shared<const Lens>(co_await get(workspace));
  if (lenses_.size() >= kept_max) lenses_.clear();
  lenses_[workspace.value] = {.lens = lens, .read_at = read_at};
  co_return lens;
}

}  // namespace trends
