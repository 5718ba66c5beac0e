// The connections of one PostgreSQL database.
//
// Single statements share connections (the least loaded one, pipelined); a transaction takes one
// for itself through a Lease. Who cannot be served waits in the order of coming, until the acquire
// timeout. While a transaction waits, one shared connection per waiting transaction gets no new
// statements, so that it runs empty and is handed over: neither kind can starve the other. A lost
// connection is dropped and made again when somebody wants it, with growing pauses while the server
// does not answer.
#pragma once

#include "db/completion.h"
#include "db/database.h"
#include "db/postgres_connection.h"
#include "db/postgres_connector.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace db::postgres {

class Pool final : public Connection::Owner, public std::enable_shared_from_this<Pool> {
 private:
  struct Slot {
    std::shared_ptr<Connection> connection;
    bool leased = false;    // a transaction has it, or is being rolled back on it
    bool draining = false;  // given back, the roll-back is under way
    bool reserved = false;  // gets no more single statements: a transaction waits for it
  };

 public:
  // The right of one transaction to a connection. Given back by destruction; what it left open is
  // rolled back before anybody else gets the connection.
  class Lease {
   public:
    Lease(std::shared_ptr<Pool> pool, std::shared_ptr<Slot> slot);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection& connection() const { return *slot_->connection; }
    bool begun = false;  // BEGIN has been sent
    bool ended = false;  // COMMIT has been answered

   private:
    std::shared_ptr<Pool> pool_;
    std::shared_ptr<Slot> slot_;
  };
  using LeasePtr = std::unique_ptr<Lease>;

  Pool(io::Executor executor, Options options);
  ~Pool() override;

  static io::Task<Rows> run_single(std::shared_ptr<Pool> self, RequestPtr request);
  static io::Task<LeasePtr> lease(std::shared_ptr<Pool> self);
  static io::Task<> close(std::shared_ptr<Pool> self);
  void shut_down();  // drops everything now
  PoolState state() const;
  void look_for_abandoned();

  void on_progress() override;
  void on_lost(Connection& connection) override;

 private:
  using Clock = std::chrono::steady_clock;

  struct Waiter {
    RequestPtr request;                           // a single statement, or
    std::shared_ptr<Completion<LeasePtr>> lease;  // a transaction
    bool abandoned() const;
    void fail(const std::exception_ptr& error) const;
  };

  void dispatch();
  bool serve(Waiter& waiter);
  std::shared_ptr<Slot> idle_slot() const;
  std::shared_ptr<Slot> least_loaded() const;
  void settle_returned();
  void reserve();
  void give_back(const std::shared_ptr<Slot>& slot, bool in_transaction);
  void grow();
  void on_connected(ConnectOutcome outcome);
  void retry_later();
  void fail_waiting(const std::string& reason);
  std::size_t wanted() const;
  std::exception_ptr exhausted() const;
  template <class T>
  void forget(const std::shared_ptr<Completion<T>>& completion);

  const io::Executor executor_;
  const Options options_;
  const std::string name_;  // the URL without its password, for messages
  std::vector<std::shared_ptr<Slot>> slots_;
  std::deque<Waiter> waiters_;
  std::shared_ptr<Connector> connector_;  // at most one connection is made at a time
  std::string connect_failure_;           // of the last try; empty once one succeeded
  Clock::time_point next_try_;
  std::chrono::milliseconds pause_;
  asio::steady_timer retry_;
  io::Event emptied_;
  PoolState reported_;
  bool closed_ = false;
};

}  // namespace db::postgres
