#include "trends/source_store.h"

#include "base/id.h"
#include "base/json.h"
#include "base/log.h"

#include <set>

namespace trends {
namespace {

constexpr std::size_t sources_max = 100;
constexpr std::size_t message_max = 500;
constexpr std::chrono::minutes part_lately{2};  // else its process is gone, or the division

constexpr std::string_view select_view =
    "SELECT s.id, s.type, s.settings, s.enabled, s.version, s.fetch_at, s.created_at, s.weight, "
    "t.state, t.message, t.mentions, t.rejected, t.errors, t.mentions_per_minute, t.lag_seconds, "
    "t.last_mention_at, t.updated_at "
    "FROM sources s LEFT JOIN source_state t ON t.source = s.id ";

constexpr std::array<std::string_view, 5> state_names{"off", "starting", "connected", "waiting",
                                                      "failing"};

SourceState state_from(std::string_view name) {
  const auto found = std::ranges::find(state_names, name);
  return found == state_names.end()
             ? SourceState::starting
             : static_cast<SourceState>(std::distance(state_names.begin(), found));
}

std::string context_of(const std::string& id) { return "source:" + id; }

bool is_secret(const networks::Setting& setting) {
  return setting.type == networks::Setting::Type::secret;
}

SourceStatus read_status(const db::Row& row) {
  SourceStatus status{.state = state_from(row["state"].text()),
                      .message = row["message"].text(),
                      .mentions = row["mentions"].integer(),
                      .rejected = row["rejected"].integer(),
                      .errors = row["errors"].integer(),
                      .mentions_per_minute = row["mentions_per_minute"].real()};
  if (!row["lag_seconds"].is_null()) status.lag_seconds = row["lag_seconds"].real();
  status.last_mention_at = row["last_mention_at"].optional_instant();
  status.updated_at = row["updated_at"].instant();
  return status;
}

// What the readers of several parts say together: the worst of their states, the sum of the counts.
void add_part(std::optional<SourceStatus>& whole, SourceStatus part) {
  if (!whole) {
    whole = std::move(part);
    return;
  }
  if (part.state > whole->state) {
    whole->state = part.state;
    whole->message = std::move(part.message);
  }
  whole->mentions += part.mentions;
  whole->rejected += part.rejected;
  whole->errors += part.errors;
  whole->mentions_per_minute += part.mentions_per_minute;
  whole->lag_seconds = std::max(whole->lag_seconds, part.lag_seconds);
  whole->last_mention_at = std::max(whole->last_mention_at, part.last_mention_at);
  whole->updated_at = std::max(whole->updated_at, part.updated_at);
}

}  // namespace

std::string_view to_string(SourceState state) {
  return state_names.at(static_cast<std::size_t>(state));
}

base::Result<json::object> check_source_settings(const Source& source, const json::object& given) {
  auto checked = networks::check_settings(source.about().settings, given);
  if (!checked) return checked;
  if (auto errors = source.check(*checked); !errors.empty())
    return base::invalid(std::move(errors));
  return checked;
}

SourceStore::SourceStore(db::Database& database, const base::Clock& clock, const base::Vault& vault,
                         SourceWeights weights)
    : database_(database), clock_(clock), vault_(vault), weights_(std::move(weights)) {}

std::string SourceStore::seal(const std::string& id, const Source& source,
                              const json::object& settings) const {
  json::object sealed = settings;
  for (const auto& setting : source.about().settings) {
    const auto plain = is_secret(setting) ? text_setting(settings, setting.key) : "";
    if (!plain.empty()) sealed[setting.key] = vault_.seal(plain, context_of(id));
  }
  return json::serialize(sealed);
}

json::object SourceStore::open(const std::string& id, const Source* source,
                               std::string_view text) const {
  auto value = base::parse_json(text);
  if (!value || !value->is_object()) return {};
  json::object settings = value->get_object();
  if (source == nullptr) return settings;
  for (const auto& setting : source->about().settings) {
    const auto sealed = is_secret(setting) ? text_setting(settings, setting.key) : "";
    if (sealed.empty()) continue;
    auto plain = vault_.open(sealed, context_of(id));
    if (!plain) base::log_error("source_secret_unreadable", {{"source.id", json::value(id)}});
    settings[setting.key] = plain ? json::value(*plain) : json::value("");
  }
  return settings;
}

SourceView SourceStore::read_view(const db::Row& row) const {
  SourceView view{.row = {.id = row["id"].text(),
                          .type = row["type"].text(),
                          .settings = {},
                          .enabled = row["enabled"].boolean(),
                          .version = row["version"].integer(),
                          .fetch_at = row["fetch_at"].optional_instant(),
                          .created_at = row["created_at"].instant()}};
  view.row.settings = open(view.row.id, source_by_id(view.row.type), row["settings"].text());
  if (!row["weight"].is_null()) {
    view.row.weight = row["weight"].real();
  } else if (const auto usual = weights_.find(view.row.type); usual != weights_.end()) {
    view.row.weight = usual->second;
  }
  if (!row["state"].is_null()) view.status = read_status(row);
  return view;
}

io::Task<> SourceStore::add_defaults(std::vector<std::string> types) {
  for (const std::string& type : types) {
    const Source* source = source_by_id(type);
    if (source == nullptr) continue;
    const auto settings = check_source_settings(*source, {});
    if (!settings) continue;
    auto transaction = co_await database_.begin();
    const auto first = co_await transaction->execute(
        "INSERT INTO source_defaults (type, added_at) VALUES ($1, $2) "
        "ON CONFLICT (type) DO NOTHING RETURNING type",
        {type, clock_.now()});
    if (first.empty()) continue;
    const std::string id = base::make_uuid7();
    co_await transaction->execute(
        "INSERT INTO sources (id, type, settings, enabled, version, created_at) "
        "VALUES ($1, $2, $3, 1, 1, $4)",
        {id, type, seal(id, *source, *settings), clock_.now()});
    co_await transaction->commit();
  }
}

io::Task<std::vector<SourceView>> SourceStore::views() {
  const auto rows =
      co_await database_.execute(std::string(select_view) + "ORDER BY s.created_at, s.id");
  std::vector<SourceView> views;
  for (const db::Row& row : rows) views.push_back(read_view(row));
  co_await add_parts(views);
  co_return views;
}

// Of sources that are read in parts ("ID#1/3") lately.
io::Task<> SourceStore::add_parts(std::vector<SourceView>& views) {
  const auto rows = co_await database_.execute(
      "SELECT source, state, message, mentions, rejected, errors, mentions_per_minute, "
      "lag_seconds, last_mention_at, updated_at FROM source_state "
      "WHERE source LIKE '%#%' AND updated_at >= $1 ORDER BY source",
      {clock_.now() - part_lately});
  std::set<std::string> in_parts;
  for (const db::Row& row : rows) {
    const std::string part = row["source"].text();
    const std::string id = part.substr(0, part.find('#'));
    const auto view =
        std::ranges::find(views, id, [](const SourceView& each) { return each.row.id; });
    if (view == views.end()) continue;
    // What was said of the whole is from before it was divided.
    if (in_parts.insert(id).second) view->status.reset();
    add_part(view->status, read_status(row));
  }
}

io::Task<std::vector<SourceRow>> SourceStore::list() {
  std::vector<SourceRow> rows;
  for (SourceView& view : co_await views()) rows.push_back(std::move(view.row));
  co_return rows;
}

io::Task<std::optional<SourceView>> SourceStore::find(std::string id) {
  const auto rows = co_await database_.execute(std::string(select_view) + "WHERE s.id = $1", {id});
  if (rows.empty()) co_return std::nullopt;
  std::vector<SourceView> views{read_view(rows[0])};
  co_await add_parts(views);
  co_return std::move(views.front());
}

io::Task<std::optional<SourceView>> SourceStore::find_by_type(std::string type) {
  const auto rows = co_await database_.execute(
      std::string(select_view) + "WHERE s.type = $1 ORDER BY s.created_at, s.id LIMIT 1", {type});
  if (rows.empty()) co_return std::nullopt;
  co_return read_view(rows[0]);
}

io::Task<base::Result<SourceView>> SourceStore::add(std::string type, json::object settings,
                                                    bool enabled, std::optional<double> weight) {
  const Source* source = source_by_id(type);
  if (source == nullptr)
    co_return base::invalid("type", "is not a kind of source this server knows");
  const auto checked = check_source_settings(*source, settings);
  if (!checked) co_return std::unexpected(checked.error());
  const auto count = co_await database_.execute("SELECT COUNT(*) AS n FROM sources");
  if (count[0]["n"].integer() >= static_cast<std::int64_t>(sources_max)) {
    co_return base::conflict(
        fmt::format("There are {} sources already, the most there may be.", sources_max));
  }
  const std::string id = base::make_uuid7();
  co_await database_.execute(
      "INSERT INTO sources (id, type, settings, enabled, version, created_at, weight) "
      "VALUES ($1, $2, $3, $4, 1, $5, $6)",
      {id, type, seal(id, *source, *checked), enabled, clock_.now(), weight});
  co_return std::move(*co_await find(id));
}

io::Task<base::Result<SourceView>> SourceStore::change(std::string id, SourceChange change) {
  auto before = co_await find(id);
  if (!before) co_return base::not_found("There is no such source.");
  const SourceRow& row = before->row;
  const Source* source = source_by_id(row.type);
  if (change.settings && source == nullptr) {
    co_return base::conflict("This server no longer knows this kind of source; remove it.");
  }
  std::string stored;
  if (change.settings) {
    json::object merged = row.settings;
    for (const auto& [key, value] : *change.settings) {
      const bool empty = value.is_string() && value.get_string().empty();
      const auto form = std::ranges::find(source->about().settings, std::string_view(key),
                                          &networks::Setting::key);
      const bool keep = empty && form != source->about().settings.end() && is_secret(*form);
      if (!keep) merged[key] = value;
    }
    const auto checked = check_source_settings(*source, merged);
    if (!checked) co_return std::unexpected(checked.error());
    stored = seal(id, *source, *checked);
  }
  co_await database_.execute(
      "UPDATE sources SET settings = CASE WHEN $2 = '' THEN settings ELSE $2 END, enabled = $3, "
      "weight = CASE WHEN $4 = 1 THEN $5 ELSE weight END, version = version + 1 WHERE id = $1",
      {id, stored, change.enabled.value_or(row.enabled), change.weight.has_value(),
       change.weight.value_or(std::nullopt)});
  auto after = co_await find(id);
  if (!after) co_return base::not_found("There is no such source.");
  co_return std::move(*after);
}

io::Task<base::Result<void>> SourceStore::remove(std::string id) {
  auto transaction = co_await database_.begin();
  const auto gone = co_await transaction->execute("DELETE FROM sources WHERE id = $1", {id});
  if (gone.affected == 0) co_return base::not_found("There is no such source.");
  co_await transaction->execute(
      "DELETE FROM source_state WHERE source = $1 OR source LIKE $1 || '#%'", {id});
  co_await transaction->commit();
  co_return base::Result<void>{};
}

io::Task<std::int64_t> SourceStore::ask_to_fetch() {
  std::int64_t asked = 0;
  for (const SourceRow& row : co_await list()) {
    const Source* source = source_by_id(row.type);
    if (!row.enabled || source == nullptr || !source->about().polled) continue;
    const auto done = co_await database_.execute(
        "UPDATE sources SET fetch_at = $2 WHERE id = $1 AND enabled = 1", {row.id, clock_.now()});
    asked += done.affected;
  }
  co_return asked;
}

io::Task<std::optional<std::string>> SourceStore::begin(std::string id, std::int64_t fence) {
  const auto rows = co_await database_.execute(
      "INSERT INTO source_state (source, fence, resume_from, state, message, mentions, rejected, "
      "errors, mentions_per_minute, updated_at) VALUES ($1, $2, '', 'starting', '', 0, 0, 0, 0, "
      "$3) "
      "ON CONFLICT (source) DO UPDATE SET fence = excluded.fence, state = excluded.state, "
      "message = excluded.message, mentions_per_minute = excluded.mentions_per_minute, "
      "updated_at = excluded.updated_at "
      "WHERE source_state.fence <= excluded.fence RETURNING resume_from",
      {id, fence, clock_.now()});
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0]["resume_from"].text();
}

io::Task<bool> SourceStore::save_status(std::string id, std::int64_t fence, SourceStatus status) {
  const auto done = co_await database_.execute(
      "UPDATE source_state SET state = $3, message = $4, mentions = $5, rejected = $6, errors = "
      "$7, "
      "mentions_per_minute = $8, lag_seconds = $9, last_mention_at = $10, updated_at = $11 "
      "WHERE source = $1 AND fence = $2",
      {id, fence, to_string(status.state), status.message.substr(0, message_max), status.mentions,
       status.rejected, status.errors, status.mentions_per_minute, status.lag_seconds,
       status.last_mention_at, clock_.now()});
  co_return done.affected == 1;
}

io::Task<> SourceStore::save_standings(db::Session& session, std::vector<Standing> standings) {
  for (const Standing& standing : standings) {
    co_await session.execute(
        "UPDATE source_state SET resume_from = $3 WHERE source = $1 AND fence = $2",
        {standing.source, standing.fence, standing.cursor});
  }
}

}  // namespace trends
