#include "db/listener.h"

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "db/postgres_connector.h"
#include "db/postgres_values.h"

#include <algorithm>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

namespace db {

namespace {

using namespace asio::experimental::awaitable_operators;

metrics::Gauge listening{"db_listening", "1 while notifications of the database are heard."};

// An exception must not leave the choice between two waits.
io::Task<bool> readable(asio::posix::stream_descriptor& socket) {
  co_await socket.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  co_return true;
}

io::Task<bool> readable_within(asio::posix::stream_descriptor& socket,
                               std::chrono::nanoseconds time) {
  co_return (co_await (readable(socket) || io::sleep_for(time))).index() == 0;
}

io::Task<bool> send(PGconn* connection, asio::posix::stream_descriptor& socket,
                    const std::string& sql) {
  if (PQsendQuery(connection, sql.c_str()) != 1) co_return false;
  int left = PQflush(connection);
  while (left == 1) {
    co_await socket.async_wait(asio::posix::stream_descriptor::wait_write, asio::use_awaitable);
    left = PQflush(connection);
  }
  co_return left == 0;
}

std::string message_of(PGconn* connection) {
  const std::string message = PQerrorMessage(connection);
  return std::string(base::trim(message.substr(0, message.find('\n'))));
}

struct FreeNotify {
  void operator()(PGnotify* notify) const { PQfreemem(notify); }
};

}  // namespace

Listener::Listener(io::Executor executor, std::string url, std::string channel,
                   std::function<void(std::string)> notified, std::function<void()> connected)
    : executor_(std::move(executor)),
      url_(std::move(url)),
      channel_(std::move(channel)),
      notified_(std::move(notified)),
      connected_(std::move(connected)) {
  CHECK(!channel_.empty() && std::all_of(channel_.begin(), channel_.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || c == '_';
  }));
}

io::Task<> Listener::run() {
  std::chrono::milliseconds again = again_min;
  while (true) {
    std::string why;
    if (const Handle connection = co_await connect()) {
      again = again_min;
      why = co_await listen(connection);
    } else {
      why = failure_;
    }
    listening.set(0);
    base::log_warn("database_not_heard", {{"reason", why}, {"next_try_ms", again.count()}});
    co_await io::sleep_for(again);
    again = std::min(again * 2, again_max);
  }
}

io::Task<Listener::Handle> Listener::connect() {
  struct Waiting {
    explicit Waiting(const io::Executor& executor) : done(executor) {}
    std::optional<postgres::ConnectOutcome> outcome;
    io::Event done;
  };
  auto waiting = std::make_shared<Waiting>(executor_);
  auto connector = std::make_shared<postgres::Connector>(
      executor_, url_, connect_max, [waiting](postgres::ConnectOutcome outcome) {
        waiting->outcome = std::move(outcome);
        waiting->done.notify();
      });
  // A cancelled wait leaves no callback behind.
  struct End {
    postgres::Connector& connector;
    ~End() { connector.cancel(); }
  } end{*connector};
  connector->start();
  while (!waiting->outcome) co_await waiting->done.wait();
  postgres::Handle handle = std::move(waiting->outcome->handle);
  failure_ = waiting->outcome->reason;
  if (handle && PQexitPipelineMode(handle.get()) != 1) {
    failure_ = message_of(handle.get());
    handle.reset();
  }
  co_return handle ? Handle(handle.release(), postgres::Finish()) : nullptr;
}

io::Task<std::string> Listener::listen(Handle connection) {
  auto socket = postgres::watch(executor_, connection.get());
  if (!socket) co_return "no file descriptor is left";
  bool sent = co_await send(connection.get(), *socket, "LISTEN " + channel_);
  bool waiting = true;  // for the answer to what was sent
  bool told = false;
  while (sent) {
    const auto patience = waiting ? answer_max : silence_max;
    if (co_await readable_within(*socket, patience)) {
      if (!take(connection.get(), waiting)) break;
      if (!waiting && !std::exchange(told, true)) {
        listening.set(1);
        connected_();
      }
    } else if (waiting) {
      co_return "the server does not answer";
    } else {
      sent = co_await send(connection.get(), *socket, "SELECT 1");
      waiting = true;
    }
  }
  co_return message_of(connection.get());
}

bool Listener::take(PGconn* connection, bool& waiting) {
  if (PQconsumeInput(connection) != 1) return false;
  while (waiting && PQisBusy(connection) == 0) {
    const postgres::Result result(PQgetResult(connection));
    if (!result) {
      waiting = false;
    } else if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
      return false;
    }
  }
  while (true) {
    const std::unique_ptr<PGnotify, FreeNotify> notify(PQnotifies(connection));
    if (!notify) break;
    notified_(notify->extra);
  }
  return PQstatus(connection) == CONNECTION_OK;
}

}  // namespace db
