#include "publishing/decisions.h"

#include "accounts/audit.h"

namespace publishing {

Decisions::Decisions(db::Database& database, const base::Clock& clock, posts::Signals signals)
    : database_(database),
      clock_(clock),
      signals_(std::move(signals)),
      store_(database, clock, "person") {}

io::Task<std::string> Decisions::name_of(base::UserId user) {
  auto rows = co_await database_.execute("SELECT name FROM users WHERE id = $1", {user});
  co_return rows.empty() ? "Somebody" : rows[0][0].text();
}

io::Task<base::Result<void>> Decisions::decide(accounts::Principal who, base::PostId post,
                                               base::TargetId target, Decision decision) {
  auto work = co_await store_.find(who.workspace, post, target);
  if (!work) co_return base::not_found("There is no such post or target.");
  const std::string actor = co_await name_of(who.user);
  const Context context{.now = clock_.now(),
                        .due_at = work->due_at,
                        .network = work->network,
                        .sent_at = work->sent_at,
                        .actor = actor};
  auto next = step(work->state, event::Decided{decision}, context);
  if (!next) {
    co_return base::conflict("There is nothing to decide here: it is " +
                             std::string(posts::to_string(work->state)) + ".");
  }
  const bool again = next->state == TargetState::scheduled;
  const std::string said = next->message;
  std::vector<Change> changes;
  changes.push_back({.work = *work, .next = std::move(*next), .actor = actor});
  const auto made = co_await store_.apply(std::move(changes));
  if (!made.front()) co_return base::conflict("Somebody else has just decided.");
  co_await accounts::append_audit(
      database_, clock_.now(),
      accounts::audited(who, "post.decided",
                        {.type = "post",
                         .id = post.value,
                         .name = fmt::format("{} on {}", work->handle, work->network),
                         .before = "waiting for a decision",
                         .after = said}));
  if (signals_.changed) signals_.changed(who.workspace, {{"type", "post"}, {"id", post.value}});
  if (again && signals_.due_soon) signals_.due_soon();
  co_return base::Result<void>{};
}

}  // namespace publishing
