// The database that all processes share: production's SQL on SQLite in memory, reached over a
// connection that can fail.
//
// A statement travels, is carried out and its answer travels back, each of which may not happen; a
// commit may happen without anybody being told. In the way of PostgreSQL (READ COMMITTED) a
// transaction sees what others commit between its statements until it first writes or locks; from
// then on it alone writes, and the statements of others wait, which is as if they had been sent a
// little later. In the way of SQLite it is alone from its beginning. A transaction whose process is
// dead or frozen holds its lock until the server gives it up.
#pragma once

#include "db/database.h"
#include "db/sqlite_connection.h"
#include "db/transaction_state.h"
#include "scheduler.h"
#include "story.h"
#include "weather.h"

#include <deque>
#include <functional>

namespace sim {

// A row that a commit has changed.
struct RowChange {
  std::string table;
  std::int64_t row;
};

class DatabaseServer {
 public:
  DatabaseServer(Scheduler& scheduler, Random& random, Story& story);

  // One connection serves all seeds of a process, emptied in between: making tables takes longer
  // than most seeds.
  static db::sqlite::Connection& connection();
  static void empty();

  // Called after each commit, with what it has changed and who did it.
  std::function<void(const Process&, const std::vector<RowChange>&)> on_commit;
  // Called when SQLite does not understand or refuses a statement for no reason that may pass.
  std::function<void(std::string)> on_bad_statement;
  // Called when something of a process passes the door.
  std::function<void(const ProcessPtr&)> on_door;

  // Faults are decided by this; null: none.
  const Weather* weather = nullptr;
  // Every connection is lost, and for `time` there is no new one.
  void fail_over(base::Duration time);
  void be_read_only(base::Duration time);
  bool postgres = true;

  struct Transaction {
    ProcessPtr owner;
    bool ended = false;
  };
  using TransactionPtr = std::shared_ptr<Transaction>;

  struct Operation {
    enum class Kind { statement, begin, commit };
    explicit Operation(const io::Executor& executor)
        : done(std::make_shared<io::Event>(executor)) {}
    Kind kind = Kind::statement;
    ProcessPtr owner;
    TransactionPtr transaction;
    std::string sql;
    db::Params params;
    db::Rows rows = {};
    std::exception_ptr error = nullptr;
    std::shared_ptr<io::Event> done;
  };
  using OperationPtr = std::shared_ptr<Operation>;

  void submit(OperationPtr operation);
  // Rolls back what was not committed, once the server has noticed.
  void abandon(TransactionPtr transaction);

 private:
  void arrive(OperationPtr operation);
  void wait_for_lock(OperationPtr operation);
  void carry_out(OperationPtr operation);
  void run_statement(Operation& operation);
  void take_lock(const TransactionPtr& transaction);
  void commit(const TransactionPtr& transaction);
  void roll_back(const TransactionPtr& transaction);
  void release_lock();
  void answer(const OperationPtr& operation);
  void fail(const OperationPtr& operation, const std::string& why);
  void fall(const OperationPtr& operation, const std::string& why);
  bool is_down() const { return down_until_ > scheduler_.now(); }

  Scheduler& scheduler_;
  Random& random_;
  Story& story_;
  TransactionPtr holder_;  // of the lock; what it has written is in the connection's transaction
  std::vector<TransactionPtr> open_;
  std::deque<OperationPtr> waiting_;
  base::Instant down_until_;
  base::Instant read_only_until_;
};

// The database as one process sees it.
class DatabaseDoor final : public db::Database {
 public:
  DatabaseDoor(DatabaseServer& server, Scheduler& scheduler, ProcessPtr process)
      : server_(server), scheduler_(scheduler), process_(std::move(process)) {}

  io::Task<db::Rows> execute(std::string sql, db::Params params) override;
  io::Task<std::unique_ptr<db::Transaction>> begin() override;
  db::Dialect dialect() const override {
    return server_.postgres ? db::Dialect::postgres : db::Dialect::sqlite;
  }
  db::PoolState pool() const override { return {}; }
  io::Task<> close() override { co_return; }

 private:
  class OpenTransaction;
  io::Task<db::Rows> perform(DatabaseServer::Operation::Kind kind,
                             DatabaseServer::TransactionPtr transaction, std::string sql,
                             db::Params params);

  DatabaseServer& server_;
  Scheduler& scheduler_;
  ProcessPtr process_;
};

}  // namespace sim
