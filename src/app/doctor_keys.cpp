// Which keys of APP_KEY the stored secrets need: what may be taken out after a rotation.
#include "app/doctor.h"
#include "base/text.h"

#include <span>

#include <fmt/format.h>

namespace app::doctor {
namespace {

std::vector<std::string> key_names(std::string_view app_key) {
  std::vector<std::string> names;
  for (const std::string_view entry : base::split(app_key, ',')) {
    const std::string_view trimmed = base::trim(entry);
    names.emplace_back(trimmed.substr(0, trimmed.find(':')));
  }
  return names;
}

// A sealed text begins with the name of its key (base::Vault). Those of sources stand within JSON.
io::Task<std::int64_t> count_secrets(db::Database& database, std::string key) {
  const auto rows = co_await database.execute(
      "SELECT (SELECT count(*) FROM accounts WHERE credentials LIKE $1) + "
      "(SELECT count(*) FROM notice_channels WHERE secret LIKE $1) AS n",
      {key + ":%"});
  std::int64_t count = rows[0]["n"].integer();
  for (const db::Row& row : co_await database.execute("SELECT settings FROM sources")) {
    if (row["settings"].text().contains("\"" + key + ":")) ++count;
  }
  co_return count;
}

// With keys that are in no list any more.
io::Task<std::int64_t> count_lost(db::Database& database, std::vector<std::string> keys) {
  std::string known;
  db::Params params;
  for (const std::string& key : keys) {
    params.emplace_back(key + ":%");
    known += fmt::format(" AND credentials NOT LIKE ${}", params.size());
  }
  const auto rows = co_await database.execute(
      "SELECT count(*) AS n FROM accounts WHERE credentials <> ''" + known, std::move(params));
  co_return rows[0]["n"].integer();
}

}  // namespace

io::Task<> examine_keys(db::Database& database, std::string app_key, Report& report) {
  const std::vector<std::string> keys = key_names(app_key);
  if (app_key.empty() || keys.front().empty()) co_return;
  for (const std::string& key : std::span(keys).subspan(1)) {
    const std::int64_t count = co_await count_secrets(database, key);
    report.good("APP_KEY",
                count > 0 ? fmt::format("{} stored secret(s) need the key {}: keep it", count, key)
                          : fmt::format("no stored secret needs the key {} any more: two hours "
                                        "after it stood first it may go",
                                        key));
  }
  if (const std::int64_t lost = co_await count_lost(database, keys); lost > 0) {
    report.bad("APP_KEY",
               fmt::format("the credentials of {} account(s) are encrypted with a key that it does "
                           "not hold",
                           lost),
               "put the former key behind the present one, or connect those accounts again");
  }
}

}  // namespace app::doctor
