// The sources of the installation in the database: which there are, what their readers do, and
// where they go on.
//
// Secrets among the settings are sealed. What a reader says of itself is guarded by the fence of
// its lease: a process that lost the lease writes nothing. Not thread-safe: one per loop.
#pragma once

#include "base/crypto.h"
#include "base/error.h"
#include "base/time.h"
#include "db/database.h"
#include "trends/source.h"
#include "trends/source_weights.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trends {

enum class SourceState { off, starting, connected, waiting, failing };
std::string_view to_string(SourceState state);

struct SourceRow {
  std::string id;
  std::string type;
  json::object settings;  // with the secrets in clear
  bool enabled = false;
  std::int64_t version = 0;                    // grows with every change of settings
  std::optional<base::Instant> fetch_at = {};  // when somebody last asked to read now
  base::Instant created_at = {};
  double weight = 1;  // its own, or that of its type
};

// What a person changes; absent things stay.
struct SourceChange {
  std::optional<json::object> settings =
      {};  // absent ones stay; an empty secret stays as it is too
  std::optional<bool> enabled = {};
  // Nothing inside: that of its type.
  std::optional<std::optional<double>> weight = {};
};

struct SourceStatus {
  SourceState state = SourceState::starting;
  std::string message = {};
  std::int64_t mentions = 0;
  std::int64_t rejected = 0;
  std::int64_t errors = 0;
  double mentions_per_minute = 0;
  std::optional<double> lag_seconds = {};
  std::optional<base::Instant> last_mention_at = {};
  base::Instant updated_at = {};

  bool operator==(const SourceStatus&) const = default;
};

struct SourceView {
  SourceRow row;
  std::optional<SourceStatus> status = {};
};

// Where a reader stands: what the detector has counted up to.
struct Standing {
  std::string source;
  std::int64_t fence = 0;
  std::string cursor;
};

class SourceStore {
 public:
  // `weights`: of the types whose sources have none of their own; 1 for others.
  SourceStore(db::Database& database, const base::Clock& clock, const base::Vault& vault,
              SourceWeights weights = {});

  // Adds each of `types` once in the life of the installation, enabled, with its default settings.
  io::Task<> add_defaults(std::vector<std::string> types);

  io::Task<std::vector<SourceRow>> list();
  io::Task<std::vector<SourceView>> views();
  io::Task<std::optional<SourceView>> find(std::string id);
  io::Task<std::optional<SourceView>> find_by_type(std::string type);

  // `settings` as given by a person; checked here. Fails naming the field.
  io::Task<base::Result<SourceView>> add(std::string type, json::object settings, bool enabled,
                                         std::optional<double> weight = {});
  io::Task<base::Result<SourceView>> change(std::string id, SourceChange change);
  io::Task<base::Result<void>> remove(std::string id);
  // Asks the readers of polled sources to read now; how many.
  io::Task<std::int64_t> ask_to_fetch();

  // For readers. begin() takes the fence and gives the cursor; false-like when a later owner was
  // there.
  io::Task<std::optional<std::string>> begin(std::string id, std::int64_t fence);
  io::Task<bool> save_status(std::string id, std::int64_t fence, SourceStatus status);
  // In the transaction of the detector's snapshot.
  io::Task<> save_standings(db::Session& session, std::vector<Standing> standings);

 private:
  SourceView read_view(const db::Row& row) const;
  io::Task<> add_parts(std::vector<SourceView>& views);
  std::string seal(const std::string& id, const Source& source, const json::object& settings) const;
  json::object open(const std::string& id, const Source* source, std::string_view text) const;

  db::Database& database_;
  const base::Clock& clock_;
  const base::Vault& vault_;
  SourceWeights weights_;
};

// Checks given settings of a source against its form and its own rules.
base::Result<json::object> check_source_settings(const Source& source, const json::object& given);

}  // namespace trends
