// One connection in pipeline mode: requests go out as they come, answers are matched in order.
//
// Each request ends with a sync of its own, so the failure of one does not abort the others.
// Statements are unnamed and nothing is set in the session, so PgBouncer in transaction mode may
// stand between. A statement that takes too long, or whose waiter has gone, is cancelled on the
// server; if the server does not even answer that, the connection is dropped. Callback-driven, all
// on one loop: the cancellation of a waiting task never touches the pipeline.
#pragma once

#include "db/completion.h"
#include "db/database.h"
#include "db/postgres_connector.h"
#include "db/postgres_values.h"

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace db::postgres {

struct Statement {
  std::string sql;
  Params params;
};

// The statements of one round trip; the rows are those of the last.
struct Request {
  enum class Kind { single, inside, commit };

  Kind kind;
  std::vector<Statement> statements;
  std::shared_ptr<Completion<Rows>> completion;  // none: nobody waits (rollback)

  // Filled while it is under way.
  std::size_t answered = 0;
  std::optional<Rows> rows;
  std::exception_ptr error;
  bool cancelled_by_neighbour = false;
  int attempts = 0;
  bool stop_wanted = false;
};
using RequestPtr = std::unique_ptr<Request>;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_progress() = 0;  // something was answered
    virtual void on_lost(Connection& connection) = 0;
  };

  Connection(io::Executor executor, Handle handle, std::chrono::milliseconds statement_timeout,
             std::weak_ptr<Owner> owner);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  void send(RequestPtr request);
  // Drops it now: what is under way fails.
  void abort(const std::string& reason);
  // The waiter of a request has gone: no need to finish it.
  void look_for_abandoned();

  const std::string& lost_because() const { return lost_because_; }
  bool alive() const { return handle_ != nullptr; }
  // False while a cancellation is under way that could hit a neighbour.
  bool accepts() const { return alive() && !cancelling_ && !stopping_first(); }
  std::size_t in_flight() const { return requests_.size(); }
  bool outside_transaction() const;

 private:
  using Clock = std::chrono::steady_clock;

  bool write(const Request& request);
  void flush();
  void wait_readable();
  void on_readable();
  void drain();
  void take(Result result);
  void take_failure(Request& request, const PGresult* result);
  void take_success(Request& request, const PGresult* result);
  void finish_first();
  void watch_first();
  void arm();
  void on_watchdog();
  bool stopping_first() const;
  void stop_first(const char* reason);
  void send_cancel();
  void on_cancel_sent();
  void lost();

  const io::Executor executor_;
  Handle handle_;
  std::string lost_because_;
  const std::chrono::milliseconds statement_timeout_;
  const std::weak_ptr<Owner> owner_;
  std::optional<asio::posix::stream_descriptor> socket_;
  std::deque<RequestPtr> requests_;
  asio::steady_timer watchdog_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool armed_ = false;
  bool writing_ = false;
  bool cancelling_ = false;
  Clock::time_point cancelled_at_;
  asio::steady_timer cancel_again_;
  std::chrono::milliseconds cancel_pause_ = {};
};

}  // namespace db::postgres
