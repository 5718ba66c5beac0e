#include "accounts/housekeeping.h"

#include "accounts/audit.h"
#include "accounts/checks.h"
#include "accounts/idempotency.h"
#include "base/json.h"

namespace accounts {
namespace {

constexpr std::string_view house_kind = "accounts.housekeeping";
constexpr std::string_view check_kind = "account.check";
constexpr int checks_max = 100;  // per turn
// A check that was queued and lost is due again after so long.
constexpr std::chrono::hours check_again{1};

// 0.75 to 1.25, so that accounts connected together do not stay together.
double jitter() {
  const std::string bytes = base::random_bytes(2);
  const auto high = static_cast<unsigned char>(bytes[0]);
  const auto low = static_cast<unsigned char>(bytes[1]);
  return 0.75 + 0.5 * (high * 256 + low) / 65536.0;
}

}  // namespace

Housekeeping::Housekeeping(Services& services, jobs::Queue& queue)
    : services_(services), queue_(queue) {}

void Housekeeping::handle() {
  queue_.handle(std::string(house_kind),
                [this](jobs::Job job) { return keep_house(std::move(job)); });
  queue_.handle(std::string(check_kind), [this](jobs::Job job) { return check(std::move(job)); });
}

io::Task<> Housekeeping::schedule() {
  const std::int64_t step = std::chrono::duration_cast<base::Duration>(every).count();
  const std::int64_t slot = base::to_micros(services_.clock.now()) / step + 1;
  co_await queue_.enqueue(services_.database, std::string(house_kind), "{}",
                          {.run_at = base::from_micros(slot * step),
                           .attempts_max = 3,
                           .unique_key = fmt::format("{}:{}", house_kind, slot)});
}

io::Task<> Housekeeping::keep_house(jobs::Job) {
  co_await schedule();
  co_await prune();
  co_await queue_checks();
}

io::Task<> Housekeeping::prune() {
  co_await services_.sessions.prune();
  co_await services_.tokens.prune();
  co_await services_.workspaces.prune();
  co_await services_.throttle.prune();
  co_await services_.events.prune();
  co_await prune_audit(services_.database, services_.clock.now() - services_.settings.audit_keep);
  co_await prune_idempotency(services_.database, services_.clock.now());
}

io::Task<> Housekeeping::queue_checks() {
  const base::Instant now = services_.clock.now();
  const std::unique_ptr<db::Transaction> transaction = co_await services_.database.begin();
  const db::Rows due = co_await transaction->execute(
      fmt::format("UPDATE accounts SET check_at = $2 WHERE id IN (SELECT id FROM accounts "
                  "WHERE check_at <= $1 AND state IN ('connected', 'broken') "
                  "ORDER BY check_at LIMIT $3{}) RETURNING id",
                  services_.database.skip_locked()),
      {now, now + check_again, checks_max});
  for (const db::Row& row : due) {
    const std::string& id = row["id"].text();
    co_await queue_.enqueue(
        *transaction, std::string(check_kind), json::serialize(json::object{{"account", id}}),
        {.run_at = now, .attempts_max = 3, .unique_key = fmt::format("{}:{}", check_kind, id)});
  }
  co_await transaction->commit();
}

io::Task<> Housekeeping::check(jobs::Job job) {
  const json::value payload = base::parse_json(job.payload).value_or(json::object{});
  const base::AccountId id{base::text_at(payload, "/account")};
  // An account that was disconnected in the meantime answers "not found": nothing is left to do.
  if (co_await check_account(services_, id)) co_await set_next_check(id);
}

io::Task<> Housekeeping::set_next_check(base::AccountId id) {
  const std::chrono::duration<double> every_seconds = services_.settings.account_check_every;
  const auto wait = std::chrono::duration_cast<base::Duration>(every_seconds * jitter());
  co_await services_.database.execute("UPDATE accounts SET check_at = $2 WHERE id = $1",
                                      {id, services_.clock.now() + wait});
}

}  // namespace accounts
