#include "db/sqlite_engine.h"

#include "base/error.h"
#include "db/instruments.h"
#include "db/sql_text.h"

#include <boost/asio/post.hpp>

namespace db::sqlite {
namespace {

constexpr std::size_t group_max = 256;
constexpr std::size_t deliver_after = 16;

std::exception_ptr unavailable(const char* reason) {
  return std::make_exception_ptr(base::Unavailable(reason));
}

bool abandoned(const Operation& operation) {
  return operation.completion && operation.completion->abandoned();
}

}  // namespace

Engine::Engine(io::Executor executor, std::unique_ptr<Connection> writer,
               std::unique_ptr<Connection> reader, Limits limits)
    : executor_(std::move(executor)),
      limits_(limits),
      writer_(std::move(writer)),
      reader_(std::move(reader)),
      thread_([this] { work(); }) {}

Engine::~Engine() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  submitted_.notify_one();
  thread_.join();
}

void Engine::submit(OperationPtr operation) {
  operation->wait_until = std::chrono::steady_clock::now() + limits_.acquire_timeout;
  if (operation->completion) operation->hold = io::hold_loop(executor_);
  {
    const std::lock_guard lock(mutex_);
    inbox_.push_back(std::move(operation));
  }
  submitted_.notify_one();
}

PoolState Engine::state() const {
  return {.size = 1, .in_use = in_use_ ? 1 : 0, .waiting = waiting_count_};
}

void Engine::work() {
  bool stopping = false;
  while (!stopping) {
    std::deque<OperationPtr> taken = take(stopping);
    for (OperationPtr& operation : taken) route(std::move(operation));
    commit_group();
    expire_waiting();
    report();
    deliver();
  }
  if (!closed_) close(std::make_unique<Operation>(Operation{.kind = Operation::Kind::close}));
  deliver();
}

// Waits for operations; ends without any at a stop or when the first one that waits has to give up.
std::deque<OperationPtr> Engine::take(bool& stopping) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return stop_ || !inbox_.empty(); };
  if (waiting_.empty()) {
    submitted_.wait(lock, ready);
  } else {
    submitted_.wait_until(lock, waiting_.front()->wait_until, ready);
  }
  stopping = stop_;
  return std::exchange(inbox_, {});
}

void Engine::report() {
  in_use_ = owner_ != 0;
  waiting_count_ = static_cast<std::int64_t>(waiting_.size());
  report_pool(reported_, closed_ ? PoolState{} : state());
}

void Engine::route(OperationPtr operation) {
  if (operation->kind == Operation::Kind::close) return close(std::move(operation));
  if (closed_) {
    operation->error = unavailable("the database is closed");
    return finish(std::move(operation));
  }
  switch (operation->kind) {
    case Operation::Kind::single:
      return run_single(std::move(operation));
    case Operation::Kind::begin:
      return want_writer(std::move(operation));
    case Operation::Kind::inside:
      return run_inside(std::move(operation));
    case Operation::Kind::commit:
      return commit(std::move(operation));
    default:
      return roll_back(std::move(operation));
  }
}

void Engine::fill(Operation& operation, Connection& connection) const {
  try {
    const Connection::Stop stop{
        .deadline = std::chrono::steady_clock::now() + limits_.statement_timeout,
        .abandoned = operation.completion ? &operation.completion->abandoned() : nullptr};
    operation.rows = connection.execute(operation.sql, operation.params, stop);
  } catch (...) {
    operation.error = std::current_exception();
  }
}

void Engine::run_single(OperationPtr operation) {
  if (abandoned(*operation)) return finish(std::move(operation));
  bool reads = false;
  try {
    reads = reader_ && reader_->is_read_only(operation->sql);
  } catch (...) {
    operation->error = std::current_exception();
    return finish(std::move(operation));
  }
  if (!reads) return want_writer(std::move(operation));
  run_alone(std::move(operation), *reader_);
}

void Engine::run_inside(OperationPtr operation) {
  if (owner_ != operation->transaction) {
    operation->error = unavailable("the transaction is over");
    return finish(std::move(operation));
  }
  fill(*operation, *writer_);
  // Some failures (a full disk, a time-out in a write) end the whole transaction.
  if (!writer_->in_transaction()) {
    if (!operation->error) operation->error = unavailable("the transaction was ended from inside");
    free_writer();
  }
  finish(std::move(operation));
}

void Engine::want_writer(OperationPtr operation) {
  if (owner_ != 0 || !waiting_.empty()) {
    waiting_.push_back(std::move(operation));
  } else {
    give_writer(std::move(operation));
  }
}

void Engine::give_writer(OperationPtr operation) {
  if (abandoned(*operation)) return finish(std::move(operation));
  if (operation->kind == Operation::Kind::begin) return begin(std::move(operation));
  if (verb_of(operation->sql) == Verb::change) {
    group_.push_back(std::move(operation));
    if (group_.size() >= group_max) commit_group();
    return;
  }
  commit_group();
  run_alone(std::move(operation), *writer_);
}

void Engine::begin(OperationPtr operation) {
  commit_group();
  try {
    // At once a writer: a transaction that reads first and writes later could fail half-way.
    writer_->run("BEGIN IMMEDIATE");
    owner_ = operation->transaction;
    operation->rows.emplace();
  } catch (...) {
    operation->error = std::current_exception();
  }
  finish(std::move(operation));
}

void Engine::commit(OperationPtr operation) {
  if (owner_ != operation->transaction) {
    operation->error = unavailable("the transaction is over");
    return finish(std::move(operation));
  }
  try {
    writer_->run("COMMIT");
    operation->rows.emplace();
  } catch (...) {
    operation->error = std::current_exception();
  }
  free_writer();
  finish(std::move(operation));
}

void Engine::roll_back(OperationPtr operation) {
  if (owner_ == operation->transaction) free_writer();
  // The transaction that was dropped before it had the writer is skipped: its waiter has gone.
}

void Engine::free_writer() {
  owner_ = 0;
  if (writer_->in_transaction()) writer_->roll_back();
  while (owner_ == 0 && !waiting_.empty()) {
    OperationPtr next = std::move(waiting_.front());
    waiting_.pop_front();
    give_writer(std::move(next));
  }
}

void Engine::run_alone(OperationPtr operation, Connection& connection) {
  fill(*operation, connection);
  if (connection.in_transaction()) {
    connection.roll_back();
    operation->rows.reset();
    operation->error = std::make_exception_ptr(
        DatabaseError(DatabaseError::Kind::other, "transactions are opened by begin()"));
  }
  finish(std::move(operation));
}

// All of the group in one transaction, each with its own success or error. False when the
// transaction as a whole did not come through: then nothing of it has happened.
bool Engine::commit_together() {
  try {
    writer_->run("BEGIN IMMEDIATE");
    for (const OperationPtr& operation : group_) {
      fill(*operation, *writer_);
      if (!writer_->in_transaction()) return false;
    }
    writer_->run("COMMIT");
    return true;
  } catch (const std::exception&) {
    // Each gets its own verdict alone.
    if (writer_->in_transaction()) writer_->roll_back();
    return false;
  }
}

void Engine::commit_group() {
  if (group_.empty()) return;
  deliver();  // what is ready must not wait for the disk
  const bool together = group_.size() > 1 && commit_together();
  for (OperationPtr& operation : std::exchange(group_, {})) {
    if (together) {
      finish(std::move(operation));
      continue;
    }
    operation->rows.reset();
    operation->error = nullptr;
    run_alone(std::move(operation), *writer_);
  }
}

void Engine::expire_waiting() {
  const auto now = std::chrono::steady_clock::now();
  while (!waiting_.empty() && waiting_.front()->wait_until <= now) {
    OperationPtr late = std::move(waiting_.front());
    waiting_.pop_front();
    late->error = unavailable("SQLite: the writer was busy for too long (pool exhausted)");
    finish(std::move(late));
  }
}

void Engine::close(OperationPtr operation) {
  commit_group();
  closed_ = true;
  for (OperationPtr& waiting : std::exchange(waiting_, {})) {
    waiting->error = unavailable("the database is closed");
    finish(std::move(waiting));
  }
  owner_ = 0;
  reader_.reset();
  writer_.reset();  // rolls back what is open; the last one to close empties the log
  operation->rows.emplace();
  finish(std::move(operation));
}

void Engine::finish(OperationPtr operation) {
  if (!operation->completion) return;
  finished_.push_back(std::move(operation));
  if (finished_.size() >= deliver_after && group_.empty()) deliver();
}

void Engine::deliver() {
  if (finished_.empty()) return;
  std::vector<std::shared_ptr<void>> holds;
  holds.reserve(finished_.size());
  for (const OperationPtr& operation : finished_) holds.push_back(std::move(operation->hold));
  // The loop also destroys the operations: a completion belongs to it.
  asio::post(executor_, [finished = std::exchange(finished_, {})] {
    for (const OperationPtr& operation : finished) {
      if (operation->error) {
        operation->completion->fail(operation->error);
      } else if (operation->rows) {
        operation->completion->set(std::move(*operation->rows));
      }
    }
  });
}

}  // namespace db::sqlite
