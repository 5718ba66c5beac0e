#include "posts/slots.h"

#include "base/json.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace posts {

namespace {

Slot slot_of(const db::Row& row) {
  return {.id = row["id"].text(),
          .account = row["account_id"].id<base::AccountId>(),
          .time = {.weekdays = row["weekdays"].text(),
                   .time_of_day = row["time_of_day"].text(),
                   .time_zone = row["time_zone"].text()}};
}

constexpr std::string_view columns = "id, account_id, weekdays, time_of_day, time_zone";

// How many slots are looked at in one go; enough for weeks of a busy account.
constexpr std::size_t look_ahead = 400;

std::string zone_at(const std::vector<SlotTime>& times, base::Instant at) {
  for (const SlotTime& time : times) {
    if (base::to_wall_time(at, time.time_zone).substr(11, 5) == time.time_of_day) {
      return time.time_zone;
    }
  }
  return times.front().time_zone;
}

}  // namespace

Slots::Slots(db::Database& database, const base::Clock& clock)
    : database_(database), clock_(clock) {}

io::Task<std::vector<Slot>> Slots::list(base::WorkspaceId workspace,
                                        std::optional<base::AccountId> account) {
  std::string sql = fmt::format("SELECT {} FROM slots WHERE workspace_id = $1", columns);
  db::Params params{workspace};
  if (account) {
    sql += " AND account_id = $2";
    params.emplace_back(*account);
  }
  auto rows = co_await database_.execute(sql + " ORDER BY account_id, time_of_day, id LIMIT 2000",
                                         std::move(params));
  std::vector<Slot> slots;
  for (const db::Row& row : rows) slots.push_back(slot_of(row));
  co_return slots;
}

io::Task<base::Result<Slot>> Slots::add(base::WorkspaceId workspace, base::AccountId account,
                                        SlotTime time) {
  auto present = co_await database_.execute("SELECT COUNT(*) AS n FROM slots WHERE account_id = $1",
                                            {account});
  if (present[0]["n"].integer() >= static_cast<std::int64_t>(slots_per_account_max)) {
    co_return base::conflict(
        fmt::format("An account has at most {} slots.", slots_per_account_max));
  }
  Slot slot{.id = base::make_uuid7(), .account = account, .time = std::move(time)};
  auto rows = co_await database_.execute(
      "INSERT INTO slots (id, workspace_id, account_id, weekdays, time_of_day, time_zone,"
      " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id",
      {slot.id, workspace, account, slot.time.weekdays, slot.time.time_of_day, slot.time.time_zone,
       clock_.now()});
  if (rows.empty()) co_return base::conflict("This account has that slot already.");
  co_return slot;
}

io::Task<base::Result<void>> Slots::remove(base::WorkspaceId workspace, std::string id) {
  auto rows = co_await database_.execute(
      "DELETE FROM slots WHERE id = $1 AND workspace_id = $2 RETURNING id", {id, workspace});
  if (rows.empty()) co_return base::not_found("There is no such slot.");
  co_return base::Result<void>{};
}

io::Task<base::Result<std::vector<NextSlot>>> Slots::free_slots(db::Session& session,
                                                                base::AccountId account) {
  auto rows = co_await session.execute(
      fmt::format("SELECT {} FROM slots WHERE account_id = $1 ORDER BY id", columns), {account});
  if (rows.empty()) {
    co_return base::invalid("when.type",
                            "the account has no queue slots: add some, or give a time");
  }
  std::vector<SlotTime> times;
  for (const db::Row& row : rows) times.push_back(slot_of(row).time);
  const auto instants = slot_instants(times, clock_.now(), look_ahead, slot_days_max);
  if (instants.empty()) co_return base::conflict("The queue of this account has no slot any more.");

  // A post that was put on a slot's very minute by hand occupies it too.
  auto taken_rows = co_await session.execute(
      "SELECT at FROM slot_uses WHERE account_id = $1 AND at BETWEEN $2 AND $3 UNION"
      " SELECT due_at FROM targets WHERE account_id = $1 AND due_at BETWEEN $2 AND $3"
      " AND state IN ('awaiting_approval', 'scheduled', 'claimed', 'sending', 'paused')",
      {account, instants.front(), instants.back()});
  std::set<base::Instant> taken;
  for (const db::Row& row : taken_rows) taken.insert(row[0].instant());
  std::vector<NextSlot> result;
  for (base::Instant at : instants) {
    if (!taken.contains(at)) result.push_back({.at = at, .time_zone = zone_at(times, at)});
  }
  if (result.empty()) co_return base::conflict("The queue of this account is full.");
  co_return result;
}

io::Task<base::Result<NextSlot>> Slots::next(db::Session& session, base::AccountId account) {
  auto open = co_await free_slots(session, account);
  if (!open) co_return std::unexpected(open.error());
  co_return open->front();
}

io::Task<base::Result<NextSlot>> Slots::take(db::Session& session, base::AccountId account,
                                             base::PostId post) {
  auto open = co_await free_slots(session, account);
  if (!open) co_return std::unexpected(open.error());
  for (const NextSlot& slot : *open) {
    auto rows = co_await session.execute(
        "INSERT INTO slot_uses (account_id, at, post_id) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING RETURNING at",
        {account, slot.at, post});
    if (!rows.empty()) co_return slot;
  }
  co_return base::conflict("The queue of this account is full.");
}

io::Task<> Slots::release(db::Session& session, base::PostId post) {
  co_await session.execute("DELETE FROM slot_uses WHERE post_id = $1", {post});
}

json::object to_json(const Slot& slot) {
  json::array weekdays;
  for (char day : slot.time.weekdays) weekdays.emplace_back(day - '0');
  return {{"id", slot.id},
          {"account_id", slot.account.value},
          {"weekdays", std::move(weekdays)},
          {"time", slot.time.time_of_day},
          {"time_zone", slot.time.time_zone}};
}

base::Result<SlotTime> read_slot_time(const json::value& body, std::string fallback_zone) {
  base::JsonReader in(body);
  in.text("account_id", {.min = 1, .max = 64});
  SlotTime time{.weekdays = {},
                .time_of_day = in.text("time", {.min = 5, .max = 5}),
                .time_zone = in.optional_text("time_zone", {.max = 64}).value_or("")};
  if (time.time_zone.empty()) time.time_zone = std::move(fallback_zone);
  if (const json::array* days = in.optional_array("weekdays", 7)) {
    std::set<char> chosen;
    for (const json::value& day : *days) {
      const std::int64_t number = day.is_int64() ? day.as_int64() : 0;
      if (number < 1 || number > 7) in.error("weekdays", "holds numbers from 1 (Monday) to 7");
      chosen.insert(static_cast<char>('0' + number));
    }
    time.weekdays.assign(chosen.begin(), chosen.end());
  }
  if (time.weekdays.empty()) in.error("weekdays", "names no day");
  if (!is_time_of_day(time.time_of_day)) in.error("time", "is not a time such as 17:30");
  if (!base::is_time_zone(time.time_zone)) {
    in.error("time_zone", "is not an IANA time zone such as Europe/Paris");
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return time;
}

}  // namespace posts
