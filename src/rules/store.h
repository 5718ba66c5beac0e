// Rules and what they did, in the database.
//
// A run is one rule and one story: its primary key, and that `acted` is never left again, make a
// rule act once on a story however many processes try. Everything that people ask for is scoped by
// workspace. Not thread-safe: one per loop.
#pragma once

#include "db/database.h"
#include "rules/verdict.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rules {

struct StoredRule {
  std::string id;
  base::WorkspaceId workspace;
  base::UserId author;  // in whose name it writes: who changed it last
  Rule rule;
  std::int64_t version = 1;
  std::int64_t acted = 0;  // how often, ever
  std::optional<base::Instant> last_acted;
  base::Instant created_at;
  base::Instant updated_at;
};

enum class RunState {
  waiting,  // something is in the way, perhaps not for ever
  acted,
  failed,  // tried often enough
};
std::string_view to_string(RunState state);

struct Run {
  std::string story;
  std::string label;
  RunState state = RunState::waiting;
  std::string reason;
  std::optional<std::string> post = {};
  int tries = 0;
  base::Instant first_at = {};
  base::Instant at = {};
};

// A trend of the last days.
struct PastTrend {
  std::string id;
  double best_score = 0;
  base::Instant best_at;
  bool generated = false;
  json::object body;
};

class Store {
 public:
  static constexpr std::int64_t per_workspace_max = 50;

  Store(db::Database& database, const base::Clock& clock);

  io::Task<std::vector<StoredRule>> list(base::WorkspaceId workspace);
  io::Task<std::vector<StoredRule>> enabled();
  io::Task<base::Result<StoredRule>> get(base::WorkspaceId workspace, std::string id);
  io::Task<base::Result<StoredRule>> add(base::WorkspaceId workspace, base::UserId author,
                                         Rule rule);
  // `version`: that the caller has seen; 412 when it is another one.
  io::Task<base::Result<StoredRule>> replace(base::WorkspaceId workspace, base::UserId author,
                                             std::string id, Rule rule,
                                             std::optional<std::int64_t> version);
  io::Task<base::Result<void>> remove(base::WorkspaceId workspace, std::string id);

  // Newest first.
  io::Task<std::vector<Run>> runs(std::string rule, std::size_t limit);
  // Of these stories, by story.
  io::Task<std::map<std::string, Run>> runs_of(std::string rule, std::vector<std::string> stories);
  // Without what it did about `except`.
  io::Task<Past> past(db::Session& session, std::string rule, base::Instant day_begins,
                      std::string except = "");
  // Why it has not acted; nothing changes when it has, or when nothing is new.
  io::Task<> note(std::string rule, Run run);
  // In the transaction of the action. Locks the rule; false when it is gone, off or changed since
  // `version`, or has acted on this story.
  io::Task<bool> take(db::Session& session, std::string rule, std::int64_t version, Run run);

  io::Task<std::vector<PastTrend>> trends_since(base::Instant since);
  io::Task<> prune();

 private:
  io::Task<std::vector<StoredRule>> read(std::string where, db::Params params);

  db::Database& database_;
  const base::Clock& clock_;
};

}  // namespace rules
