// The way of one delivery, from the queue to its acknowledgement.
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "celery/worker.h"

#include <unistd.h>

#include <fmt/format.h>

namespace celery {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t shown_max = 1000;  // characters of arguments and results, for monitors
constexpr int attempts_max = 8;          // about two minutes
constexpr auto pause_min = 1s;
constexpr auto pause_max = 60s;

metrics::Counter done{
    "celery_tasks_total", "Celery tasks by what came of them.", {"task", "outcome"}};
metrics::Histogram seconds{"celery_task_seconds", "Time from taking a Celery task to its commit.",
                           metrics::latency_bounds()};

// For monitors: the arguments as text, and little of it, for thousands of tasks may wait.
InHand shown(const Task& task, std::optional<base::Instant> started, base::Instant due) {
  Task light = task;
  light.args.clear();
  light.kwargs.clear();
  light.args_text = base::truncate_graphemes(task.args_text, shown_max);
  light.kwargs_text = base::truncate_graphemes(task.kwargs_text, shown_max);
  return {.task = std::move(light), .started = started, .due = due};
}

json::value or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value or_null(std::optional<base::Instant> instant) {
  return instant ? json::value(base::format_rfc3339(*instant)) : json::value(nullptr);
}

json::object received_fields(const Task& task) {
  return {{"uuid", task.id},
          {"name", task.name},
          {"args", base::truncate_graphemes(task.args_text, shown_max)},
          {"kwargs", base::truncate_graphemes(task.kwargs_text, shown_max)},
          {"root_id", or_null(task.root_id)},
          {"parent_id", or_null(task.parent_id)},
          {"retries", task.retries},
          {"eta", or_null(task.eta)},
          {"expires", or_null(task.expires)}};
}

std::chrono::seconds pause_after(int attempts) {
  return std::min<std::chrono::seconds>(pause_max, pause_min * (1 << std::min(attempts, 10)));
}

}  // namespace

void Worker::launch(Delivery delivery, int attempts) {
  active_.emplace(delivery.tag, InHand{});
  supervisor_->start_once("celery-task", [this, delivery = std::move(delivery), attempts] {
    return carry_out(delivery, attempts);
  });
}

io::Task<> Worker::carry_out(Delivery delivery, int attempts) {
  const std::string tag = delivery.tag;
  std::exception_ptr failure;
  try {
    auto task = read_task(delivery.message);
    if (!task) {
      co_await refuse(std::move(delivery), task.error());
    } else if (!is_known(task->name)) {
      base::Error error{.status = 404, .code = "not_registered", .message = task->name};
      co_await refuse(std::move(delivery), std::move(error));
    } else {
      co_await carry_out_task({.tag = tag,
                               .task = std::move(*task),
                               .attempts = attempts,
                               .started = doors_.clock.now()});
    }
  } catch (...) {
    failure = std::current_exception();
  }
  active_.erase(tag);
  room_.notify();
  quiet_.notify();
  if (failure) std::rethrow_exception(failure);
}

// What cannot be carried out by anybody here: its sender is told if he can be.
io::Task<> Worker::refuse(Delivery delivery, base::Error error) {
  Run run{.tag = delivery.tag, .task = {.id = id_of(delivery.message)}, .started = {}};
  const bool unknown = error.code == "not_registered";
  base::log_warn("celery_message_refused",
                 {{"celery.task", run.task.id}, {"error.message", error.message}});
  if (!run.task.id.empty()) {
    Outcome outcome = failure(error);
    if (unknown) {
      outcome.result.get_object()["exc_type"] = "NotRegistered";
      outcome.result.get_object()["exc_module"] = "celery.exceptions";
    }
    outcome =
        co_await ledger_.settle({.task = run.task.id, .name = "", .outcome = std::move(outcome)});
    const auto kept =
        co_await node_.put_result(run.task, std::string(to_string(outcome.status)), outcome.result);
    if (!kept) co_return;  // Redis is away: it is restored, and refused again
    node_.send_event("task-rejected", {{"uuid", run.task.id}, {"requeue", false}});
  }
  done.add({"unknown", "refused"});
  co_await broker_.bury(std::move(run.tag));
}

io::Task<> Worker::carry_out_task(Run run) {
  if (run.attempts == 0) node_.send_event("task-received", received_fields(run.task));
  std::optional<Outcome> outcome;
  bool outage = false;  // it ends some day; anything else is tried a few times
  try {
    outcome = co_await attempt(run);
  } catch (const std::exception& error) {
    if (io::is_cancelled(error)) throw;
    base::log_warn(
        "celery_task_failed",
        {{"celery.task", run.task.id}, {"attempt", run.attempts}, {"error.message", error.what()}});
    outage = dynamic_cast<const base::Unavailable*>(&error) != nullptr;
    outcome = retry(outage ? error.what() : "something went wrong; the log knows more");
  }
  if (!outcome) co_return;  // it waits for its time
  if (outcome->status == Outcome::Status::retry) {
    ++run.attempts;
    if (outage || run.attempts < attempts_max) {
      co_await try_later(std::move(run), std::move(*outcome));
    } else {
      co_await give_up(std::move(run), std::move(*outcome));
    }
  } else if (!co_await complete(run, std::move(*outcome))) {
    hold(std::move(run), doors_.clock.now() + pause_min);
  }
}

// Nothing when it is not time yet.
io::Task<std::optional<Outcome>> Worker::attempt(Run run) {
  if (auto standing = co_await ledger_.find(run.task.id)) co_return std::move(*standing);
  const base::Instant now = doors_.clock.now();
  if (run.task.expires && *run.task.expires <= now) {
    co_return co_await ledger_.settle(
        {.task = run.task.id, .name = run.task.name, .outcome = revoked("expired")});
  }
  if (run.task.eta && *run.task.eta > now) {
    const base::Instant until =
        run.task.expires ? std::min(*run.task.eta, *run.task.expires) : *run.task.eta;
    hold(std::move(run), until);
    co_return std::nullopt;
  }
  if (!who_) throw base::Unavailable("CELERY_TOKEN is refused");
  active_[run.tag] = shown(run.task, now, now);
  node_.send_event("task-started", {{"uuid", run.task.id}});
  // For who watches; the result at the end is what counts.
  co_await node_.put_result(run.task, "STARTED",
                            json::object{{"pid", getpid()}, {"hostname", node_.name()}});
  co_return co_await tasks_.run(*who_, run.task);
}

// True when it is acknowledged: what it did is committed, its result is where clients look.
io::Task<bool> Worker::complete(Run run, Outcome outcome) {
  const auto kept =
      co_await node_.put_result(run.task, std::string(to_string(outcome.status)), outcome.result);
  if (!kept) co_return false;
  const auto acknowledged = co_await broker_.acknowledge(run.tag);
  if (!acknowledged) co_return false;
  tell_outcome(run, outcome);
  co_return true;
}

void Worker::tell_outcome(const Run& run, const Outcome& outcome) {
  const double runtime = base::to_seconds(doors_.clock.now() - run.started);
  json::object fields{{"uuid", run.task.id}};
  switch (outcome.status) {
    case Outcome::Status::success:
      fields["result"] = base::truncate_graphemes(json::serialize(outcome.result), shown_max);
      fields["runtime"] = runtime;
      node_.send_event("task-succeeded", std::move(fields));
      break;
    case Outcome::Status::revoked:
      fields["terminated"] = false;
      fields["signum"] = nullptr;
      fields["expired"] = base::text_at(outcome.result, "/exc_message/0") == "expired";
      node_.send_event("task-revoked", std::move(fields));
      break;
    default:
      fields["exception"] = base::truncate_graphemes(exception_text(outcome), shown_max);
      fields["traceback"] = "";
      node_.send_event("task-failed", std::move(fields));
  }
  seconds.observe(runtime);
  done.add({run.task.name, base::to_lower_ascii(to_string(outcome.status))});
  ++processed_sum_;
  json::value& count = processed_[run.task.name];
  count = count.is_null() ? 1 : count.to_number<std::int64_t>() + 1;
}

io::Task<> Worker::give_up(Run run, Outcome outcome) {
  Outcome last =
      failure("RuntimeError", fmt::format("given up after {} tries: {}", run.attempts,
                                          base::text_at(outcome.result, "/exc_message/0")));
  last = co_await ledger_.settle(
      {.task = run.task.id, .name = run.task.name, .outcome = std::move(last)});
  if (!co_await complete(run, std::move(last))) hold(run, doors_.clock.now() + pause_min);
}

io::Task<> Worker::try_later(Run run, Outcome outcome) {
  // For who watches; nothing depends on it.
  co_await node_.put_result(run.task, "RETRY", outcome.result);
  node_.send_event(
      "task-retried",
      {{"uuid", run.task.id}, {"exception", exception_text(outcome)}, {"traceback", ""}});
  const auto pause = pause_after(run.attempts - 1);
  hold(std::move(run), doors_.clock.now() + pause);
}

void Worker::hold(Run run, base::Instant until) {
  held_[run.tag] = {.in_hand = shown(run.task, std::nullopt, until), .attempts = run.attempts};
  held_changed_.notify();
}

}  // namespace celery
