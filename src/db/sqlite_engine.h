// The SQLite thread: takes operations from the loop, hands results back to it.
//
// One writer connection serves transactions and single writes in the order of their coming; a
// reader connection serves single reads at once, so that they never wait for a transaction that is
// open across co_await. Single writes that queue up together share one commit, and so one fsync.
// submit() and state() are safe from any thread; the rest is the thread's own.
#pragma once

#include "db/completion.h"
#include "db/database.h"
#include "db/sqlite_connection.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace db::sqlite {

struct Operation {
  enum class Kind { single, begin, inside, commit, rollback, close };

  Kind kind;
  std::uint64_t transaction = 0;
  std::string sql;
  Params params;
  std::shared_ptr<Completion<Rows>> completion;  // none: nobody waits (rollback)

  // Filled by the engine.
  Deadline wait_until;
  std::optional<Rows> rows;
  std::exception_ptr error;
  std::shared_ptr<void> hold;  // the loop stays until it has the result
};
using OperationPtr = std::unique_ptr<Operation>;

class Engine {
 public:
  struct Limits {
    std::chrono::milliseconds acquire_timeout;
    std::chrono::milliseconds statement_timeout;
  };

  // `reader` is null for a database in memory: it has one connection only.
  Engine(io::Executor executor, std::unique_ptr<Connection> writer,
         std::unique_ptr<Connection> reader, Limits limits);
  ~Engine();  // rolls back what is open and waits for the thread
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void submit(OperationPtr operation);
  PoolState state() const;

 private:
  void work();
  std::deque<OperationPtr> take(bool& stopping);
  void report();
  void route(OperationPtr operation);
  void run_single(OperationPtr operation);
  void run_inside(OperationPtr operation);
  void want_writer(OperationPtr operation);
  void give_writer(OperationPtr operation);
  void begin(OperationPtr operation);
  void commit(OperationPtr operation);
  void roll_back(OperationPtr operation);
  void free_writer();
  bool commit_together();
  void commit_group();
  void run_alone(OperationPtr operation, Connection& connection);
  void fill(Operation& operation, Connection& connection) const;
  void expire_waiting();
  void close(OperationPtr operation);
  void finish(OperationPtr operation);
  void deliver();

  const io::Executor executor_;
  const Limits limits_;
  std::unique_ptr<Connection> writer_;
  std::unique_ptr<Connection> reader_;

  std::uint64_t owner_ = 0;           // the transaction that has the writer; 0: free
  std::deque<OperationPtr> waiting_;  // for the writer
  std::vector<OperationPtr> group_;   // single writes that will share a commit
  std::vector<OperationPtr> finished_;
  bool closed_ = false;
  PoolState reported_;

  std::mutex mutex_;
  std::condition_variable submitted_;
  std::deque<OperationPtr> inbox_;
  bool stop_ = false;
  std::atomic<bool> in_use_ = false;
  std::atomic<std::int64_t> waiting_count_ = 0;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace db::sqlite
