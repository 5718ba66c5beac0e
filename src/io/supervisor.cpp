#include "base/log.h"
#include "io/task.h"

#include <map>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace io {
namespace {

constexpr std::chrono::milliseconds pause_min{100};
constexpr std::chrono::milliseconds pause_max{30'000};
// A task that ran this long has recovered: its next failure is a new one.
constexpr std::chrono::seconds healthy_after{60};

enum class OnFailure { restart, give_up };

struct Entry {
  Entry(std::string task_name, std::function<Task<>()> task_body, OnFailure then)
      : name(std::move(task_name)), body(std::move(task_body)), on_failure(then) {}

  const std::string name;
  const std::function<Task<>()> body;
  const OnFailure on_failure;
  asio::cancellation_signal cancel;
};

std::string describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

}  // namespace

struct Supervisor::State {
  explicit State(const Executor& loop) : executor(loop), ended(loop) {}

  Executor executor;
  Event ended;
  // In the order of their start; thousands may come and go.
  std::map<std::uint64_t, std::shared_ptr<Entry>> entries = {};
  std::uint64_t started = 0;
  bool stopping = false;

  static void start(std::shared_ptr<State> state, std::shared_ptr<Entry> entry);
  static Task<> supervise(std::shared_ptr<State> state, std::shared_ptr<Entry> entry);
};

Task<> Supervisor::State::supervise(std::shared_ptr<State> state, std::shared_ptr<Entry> entry) {
  std::chrono::milliseconds pause = pause_min;
  while (!state->stopping) {
    const auto started = std::chrono::steady_clock::now();
    std::exception_ptr failure;
    try {
      co_await entry->body();
    } catch (...) {
      failure = std::current_exception();
    }
    if (!failure || state->stopping) co_return;

    const bool again = entry->on_failure == OnFailure::restart;
    base::log_error(again ? "task_restarted" : "task_failed",
                    {{"task.name", boost::json::value(entry->name)},
                     {"error.message", boost::json::value(describe(failure))}});
    if (!again) co_return;
    if (std::chrono::steady_clock::now() - started > healthy_after) pause = pause_min;
    co_await sleep_for(pause);
    pause = std::min(pause * 2, pause_max);
  }
}

void Supervisor::State::start(std::shared_ptr<State> state, std::shared_ptr<Entry> entry) {
  if (state->stopping) return;
  const std::uint64_t number = ++state->started;
  state->entries.emplace(number, entry);
  asio::co_spawn(state->executor, supervise(state, entry),
                 asio::bind_cancellation_slot(entry->cancel.slot(),
                                              [state, entry, number](const std::exception_ptr&) {
                                                state->entries.erase(number);
                                                if (state->entries.empty()) state->ended.notify();
                                              }));
}

Supervisor::Supervisor(Executor executor) : state_(std::make_shared<State>(executor)) {}

Supervisor::~Supervisor() { stop(); }

void Supervisor::start(std::string name, std::function<Task<>()> body) {
  State::start(state_,
               std::make_shared<Entry>(std::move(name), std::move(body), OnFailure::restart));
}

void Supervisor::start_once(std::string name, std::function<Task<>()> body) {
  State::start(state_,
               std::make_shared<Entry>(std::move(name), std::move(body), OnFailure::give_up));
}

void Supervisor::stop() {
  state_->stopping = true;
  const auto entries = state_->entries;
  for (const auto& [number, entry] : entries) {
    entry->cancel.emit(asio::cancellation_type::terminal);
  }
}

Task<> Supervisor::join() {
  const std::shared_ptr<State> state = state_;
  while (!state->entries.empty()) co_await state->ended.wait();
}

bool Supervisor::stopping() const { return state_->stopping; }

std::size_t Supervisor::running() const { return state_->entries.size(); }

}  // namespace io
