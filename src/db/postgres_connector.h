// Makes one connection to PostgreSQL without ever blocking the loop: names are resolved by Asio
// (libpq would block), then libpq's own steps are followed as its socket becomes ready. A name that
// was found before and is not found again at once keeps its addresses: a process looks up one name
// after the other, and another server's, which nobody answers, must not keep us from our database.
// Hands the connection to its callback, once, on the loop; never after cancel().
#pragma once

#include "io/task.h"

#include <chrono>
#include <functional>
#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace db::postgres {

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Handle = std::unique_ptr<PGconn, Finish>;

struct ConnectOutcome {
  Handle handle;               // null: failed
  std::string reason;          // of the failure, without secrets
  bool will_not_pass = false;  // wrong password, no such database: trying again is of no use
};

class Connector : public std::enable_shared_from_this<Connector> {
 public:
  using Callback = std::function<void(ConnectOutcome)>;

  Connector(io::Executor executor, std::string url, std::chrono::milliseconds timeout,
            Callback callback);
  void start();
  void cancel();

 private:
  struct Host {
    std::string name;
    std::string address;  // numeric; empty: libpq uses the name (a socket's folder, an address)
    std::string port;
  };

  bool read_hosts();
  void resolve_next();
  void look_up(const Host& host);
  void add_addresses(const Host& host, const std::vector<std::string>& addresses);
  void begin();
  void follow(PostgresPollingStatusType status);
  void wait(asio::posix::stream_descriptor::wait_type type);
  void finish();
  void fail(std::string reason, bool will_not_pass);
  void deliver(ConnectOutcome outcome);

  const io::Executor executor_;
  const std::string url_;
  const std::chrono::milliseconds timeout_;
  Callback callback_;
  asio::steady_timer deadline_;
  asio::steady_timer patience_;  // with a look-up whose last answer is known
  asio::ip::tcp::resolver resolver_;
  std::vector<Host> unresolved_;
  std::vector<Host> hosts_;
  std::string resolve_failure_;
  Handle handle_;
  std::optional<asio::posix::stream_descriptor> socket_;
};

// A second descriptor of the connection's socket for Asio: libpq closes its own when it likes.
// Nothing when the process has no descriptor left.
std::optional<asio::posix::stream_descriptor> watch(const io::Executor& executor,
                                                    PGconn* connection);

}  // namespace db::postgres
