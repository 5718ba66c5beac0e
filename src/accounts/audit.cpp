#include "accounts/audit.h"

#include "base/text.h"

#include <fmt/format.h>

namespace accounts {
namespace {

constexpr std::size_t words_max = 500;

std::string tidy(std::string_view text) {
  return base::truncate_graphemes(base::clean_utf8(text.substr(0, 4 * words_max)), words_max);
}

}  // namespace

AuditEntry audited(const Principal& who, std::string action, AuditedThing thing) {
  return {.workspace = who.workspace,
          .actor = who.user,
          .via = who.by_session ? "session" : "token",
          .action = std::move(action),
          .thing = std::move(thing)};
}

io::Task<> append_audit(db::Session& session, base::Instant now, AuditEntry entry) {
  const AuditedThing& thing = entry.thing;
  co_await session.execute(
      "INSERT INTO audit (id, workspace_id, at, actor_id, actor, via, action, object_type,"
      " object_id, object, before_text, after_text) VALUES ($1, $2, $3, $4,"
      " COALESCE((SELECT name FROM users WHERE users.id = $4), ''), $5, $6, $7, $8, $9, $10, $11)",
      {base::make_uuid7(), entry.workspace, now, entry.actor, entry.via, entry.action, thing.type,
       thing.id, tidy(thing.name), tidy(thing.before), tidy(thing.after)});
}

io::Task<std::vector<AuditRecord>> read_audit(db::Session& session, base::WorkspaceId workspace,
                                              AuditFilter filter) {
  db::Params params{workspace};
  std::string where = "workspace_id = $1";
  const auto only = [&](std::string_view condition, db::Value value) {
    params.push_back(std::move(value));
    where += fmt::format(" AND {} ${}", condition, params.size());
  };
  if (filter.action.ends_with('.')) {
    // All that begin so: '/' is the character after '.'.
    std::string end = filter.action;
    end.back() = '/';
    only("action >=", filter.action);
    only("action <", end);
  } else if (!filter.action.empty()) {
    only("action =", filter.action);
  }
  if (!filter.actor_id.empty()) only("actor_id =", filter.actor_id);
  if (!filter.object_id.empty()) only("object_id =", filter.object_id);
  if (filter.from) only("at >=", *filter.from);
  if (filter.to) only("at <", *filter.to);
  if (!filter.before_id.empty()) only("id <", filter.before_id);
  const db::Rows rows = co_await session.execute(
      fmt::format("SELECT id, at, actor_id, actor, via, action, object_type, object_id, object,"
                  " before_text, after_text FROM audit WHERE {} ORDER BY id DESC LIMIT {}",
                  where, filter.limit + 1),
      std::move(params));
  std::vector<AuditRecord> records;
  records.reserve(rows.size());
  for (const db::Row& row : rows) {
    records.push_back({.id = row["id"].text(),
                       .at = row["at"].instant(),
                       .actor = row["actor"].text(),
                       .entry = {.workspace = workspace,
                                 .actor = row["actor_id"].id<base::UserId>(),
                                 .via = row["via"].text(),
                                 .action = row["action"].text(),
                                 .thing = {.type = row["object_type"].text(),
                                           .id = row["object_id"].text(),
                                           .name = row["object"].text(),
                                           .before = row["before_text"].text(),
                                           .after = row["after_text"].text()}}});
  }
  co_return records;
}

io::Task<> prune_audit(db::Session& session, base::Instant before) {
  co_await session.execute("DELETE FROM audit WHERE at < $1", {before});
}

boost::json::object to_json(const AuditRecord& record) {
  const AuditEntry& entry = record.entry;
  return {{"id", record.id},
          {"at", base::format_rfc3339(record.at)},
          {"actor_id", entry.actor.value},
          {"actor", record.actor},
          {"via", entry.via},
          {"action", entry.action},
          {"object_type", entry.thing.type},
          {"object_id", entry.thing.id},
          {"object", entry.thing.name},
          {"before", entry.thing.before},
          {"after", entry.thing.after}};
}

}  // namespace accounts
