// The rows of series. SQL only; the rules are in series.h.
#pragma once

#include "db/database.h"
#include "posts/post.h"
#include "posts/recurrence.h"

#include <optional>
#include <string>
#include <vector>

namespace posts {

// What a person asks for.
struct SeriesInput {
  PostInput content;  // its `when` says nothing
  Recurrence repeat;
};

enum class SeriesState {
  active,
  stopped,  // by a person
  ended,    // the rule has no more occurrences
};
std::string_view to_string(SeriesState state);
std::optional<SeriesState> parse_series_state(std::string_view text);

struct SeriesRow {
  std::string id;
  base::WorkspaceId workspace;
  base::UserId author_id;
  std::string author;  // a name for people
  base::UserId changed_by;
  std::optional<base::UserId> approved_by;
  std::string approver;  // a name for people
  SeriesInput input;
  std::string stops;  // wall time; empty: as the rule says
  SeriesState state = SeriesState::active;
  std::string settled;  // wall time
  std::optional<base::Instant> expand_at;
  std::string problem;
  std::int64_t version = 1;
  base::Instant created_at;
  base::Instant updated_at;
};

struct SeriesFilter {
  std::optional<SeriesState> state;
  std::string before_id;  // of the page before
  std::size_t limit = 50;
};

io::Task<> insert_series(db::Session& session, SeriesRow row);
// Everything but author and times of making.
io::Task<> save_series(db::Session& session, SeriesRow row, base::Instant now);
// `locking` as in read_post().
io::Task<std::optional<SeriesRow>> read_series(db::Session& session, base::WorkspaceId workspace,
                                               std::string id, std::string_view locking = "");
// Newest first; one more than `limit` when there is a further page.
io::Task<std::vector<SeriesRow>> list_series(db::Session& session, base::WorkspaceId workspace,
                                             SeriesFilter filter);
// Active ones of which something is to become posts.
io::Task<std::vector<SeriesRow>> due_series(db::Session& session, base::Instant now,
                                            std::size_t limit);
io::Task<std::int64_t> count_active(db::Session& session, base::WorkspaceId workspace);
// False when that occurrence has its post already.
io::Task<bool> take_occurrence(db::Session& session, std::string series, std::string local,
                               base::PostId post);
io::Task<> forget_occurrence(db::Session& session, std::string series, std::string local);
// From there on the occurrences and their posts are those of another series.
io::Task<> hand_over(db::Session& session, std::string from_series, std::string to_series,
                     std::string from_local);
// Ids of the posts that go with the series: not apart, due after `now`, nothing out yet.
io::Task<std::vector<base::PostId>> waiting_posts(db::Session& session, std::string series,
                                                  std::string from_local);
io::Task<std::int64_t> count_ahead(db::Session& session, std::string series, base::Instant now);

json::object to_json(const SeriesRow& row);

}  // namespace posts
