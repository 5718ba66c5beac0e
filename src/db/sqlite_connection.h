// One sqlite3 connection with its prepared statements. Blocks: lives on the engine's thread.
#pragma once

#include "db/database.h"

#include <atomic>
#include <chrono>
#include <list>
#include <memory>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace db::sqlite {

using Deadline = std::chrono::steady_clock::time_point;

// base::Unavailable for what may pass (busy, disk full, interrupted), DatabaseError for the rest.
[[noreturn]] void throw_error(sqlite3* handle, int code);

class Connection {
 public:
  enum class Role { writer, reader };

  Connection(const std::string& path, Role role, std::chrono::milliseconds busy_timeout);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // When a statement has to end before it is done.
  struct Stop {
    Deadline deadline = Deadline::max();
    const std::atomic<bool>* abandoned = nullptr;
  };

  // One statement; ends with base::Unavailable when it is stopped.
  Rows execute(const std::string& sql, const Params& params, Stop stop);
  void run(const char* sql);  // BEGIN, COMMIT, PRAGMA: no parameters, no rows wanted

  void roll_back();

  // Does the statement only read? Not kept when it does not, as a reader has no more use for it.
  bool is_read_only(const std::string& sql);
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  struct Statement {
    std::unique_ptr<sqlite3_stmt, Finalize> handle;
    std::vector<std::size_t> param_of;  // per SQLite parameter: the n of its $n
    std::size_t params = 0;
    bool changes_rows = false;
    std::shared_ptr<const std::vector<std::string>> names;  // of the compilation counted below
    int compilations = 0;
    std::list<const std::string*>::iterator used;
  };

  Statement& prepare(const std::string& sql);
  Statement compile(const std::string& sql);
  void forget_oldest();
  static void bind(sqlite3* handle, Statement& statement, const Params& params);
  bool must_stop() const;
  Rows step_all(Statement& statement);
  static void read_names(Statement& statement);

  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<std::string, Statement> statements_;
  std::list<const std::string*> by_use_;  // the least recently used first
  Stop stop_;
};

}  // namespace db::sqlite
