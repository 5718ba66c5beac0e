// How an answer is recorded, and what else it means.
#include "base/log.h"
#include "publishing/worker.h"

#include <fmt/format.h>

namespace publishing {

namespace {

constexpr std::string_view held_up = "the program was held up too long";

}  // namespace

std::shared_ptr<const Change> Worker::answer_of(const Flight& flight,
                                                const networks::Outcome& outcome) const {
  const bool not_taken = std::holds_alternative<networks::RetryLater>(outcome);
  auto change = std::make_shared<Change>(change_of(
      flight, flight.held_back && not_taken ? Event(event::Withdrawn{std::string(held_up)})
                                            : Event(event::Answered{outcome})));
  if (const auto* published = std::get_if<networks::Published>(&outcome)) {
    change->published = *published;
    change->details = {{"remote_id", published->remote_id}, {"url", published->url}};
  }
  return change;
}

// The good answer needs nothing but its commit. Thousands may be under way at once, after a burst
// that went out within milliseconds: no coroutine stands there for each of them. False: record()
// it.
bool Worker::record_without_waiting(FlightPtr flight, const networks::Outcome& outcome) {
  auto landing = flight->landing.lock();
  if (!std::holds_alternative<networks::Published>(outcome) || flight->held_back || !landing) {
    return false;
  }
  if (const auto lesson = lesson_of(*flight, outcome);
      !std::holds_alternative<std::monostate>(lesson)) {
    // In hand until all know: whoever waits for it to land may ask the others next.
    supervisor_.start_once("publishing.share", [this, flight, landing, lesson, outcome] {
      return share(flight, lesson, outcome);
    });
  }
  const auto change = answer_of(*flight, outcome);
  commits_.apply_then(change, [this, flight, landing, change](std::optional<bool> done) {
    if (done && *done) {
      made(*flight, *change);
      published(*flight);
      return;
    }
    supervisor_.start_once("publishing.record", [this, flight, landing, change, done] {
      return record_again(flight, landing, change, !done);
    });
  });
  return true;
}

io::Task<> Worker::record_again(FlightPtr flight, std::shared_ptr<Landing>,
                                std::shared_ptr<const Change> change, bool in_doubt) {
  if (in_doubt && co_await move_surely(flight, change, in_doubt)) co_return published(*flight);
  co_await record_late(change);
}

// The part after it may go.
void Worker::published(const Flight& flight) {
  if (flight.work.state == TargetState::published && !flight.work.whole) due_event_.notify();
}

io::Task<> Worker::record(FlightPtr flight, networks::Outcome outcome) {
  outcome = co_await judged(flight, std::move(outcome));
  Breakers::Lesson lesson;
  if (!flight->held_back) lesson = lesson_of(*flight, outcome);
  co_await give_probe_back(flight);
  const auto change = answer_of(*flight, outcome);
  if (!co_await move_surely(flight, change)) co_await record_late(change);
  co_await share(flight, lesson, outcome);
  if (std::holds_alternative<networks::Published>(outcome)) co_return published(*flight);
  co_await learn_from(flight, std::move(outcome));
  if (flight->work.state == TargetState::unknown) lookup_event_.notify();
}

// What an answer other than the good one means for others.
io::Task<> Worker::learn_from(FlightPtr flight, networks::Outcome outcome) {
  const auto* broken = std::get_if<networks::AccountBroken>(&outcome);
  if (broken || std::holds_alternative<networks::RetryLater>(outcome)) {
    co_await give_units_back(flight);
  }
  if (broken && flight->work.state == TargetState::paused) {
    co_await doors_.accounts->mark_broken(flight->work.account, broken->reason,
                                          flight->account_version);
  }
}

io::Task<> Worker::record_late(std::shared_ptr<const Change> change) {
  base::log_warn("publish_answer_came_late", {{"target.id", change->work.id.value},
                                              {"network", change->work.network},
                                              {"answer", change->next.event}});
  co_await store_.note(
      change->work, "late_answer",
      "An answer came late, when it had been taken over already: " + change->next.message);
}

}  // namespace publishing
