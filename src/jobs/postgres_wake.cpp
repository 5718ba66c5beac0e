#include "jobs/postgres_wake.h"

#include "base/crypto.h"
#include "base/log.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace jobs {

namespace {

using namespace asio::experimental::awaitable_operators;

constexpr const char* channel_of_all = "socialtrend_wake";

io::Task<std::string> failure_of(db::Database& database, std::string payload) {
  std::string failure;
  try {
    co_await database.execute("SELECT pg_notify($1, $2)", {channel_of_all, payload});
  } catch (const std::exception& error) {
    if (io::is_cancelled(error)) throw;
    failure = error.what();
  }
  co_return failure;
}

}  // namespace

PostgresWake::PostgresWake(io::Executor executor, db::Database& database, std::string listen_url)
    : database_(database),
      own_(base::random_token(12)),
      rung_event_(executor),
      listener_(
          executor, std::move(listen_url), channel_of_all,
          [this](const std::string& payload) { notified(payload); }, [this] { heard_all(); }) {}

io::Task<> PostgresWake::run() {
  if (has_listeners()) {
    co_await (ring_all() && listener_.run());
  } else {
    co_await ring_all();
  }
}

void PostgresWake::carry(std::string_view channel) {
  rung_.emplace(channel);
  rung_event_.notify();
}

io::Task<> PostgresWake::ring_all() {
  while (true) {
    while (rung_.empty()) co_await rung_event_.wait();
    for (const std::string& channel : std::exchange(rung_, {})) {
      // A ring that is lost costs a wait, and nothing else: the timers find what is due.
      const std::string failure = co_await failure_of(database_, own_ + " " + channel);
      if (!failure.empty()) base::log_debug("wake_not_rung", {{"error.message", failure}});
    }
    co_await io::sleep_for(pause);
  }
}

// Anybody who may use the database can notify anything: what is not a ring of ours is passed over.
void PostgresWake::notified(const std::string& payload) {
  const std::size_t space = payload.find(' ');
  if (space == std::string::npos || payload.substr(0, space) == own_) return;
  heard(std::string_view(payload).substr(space + 1));
}

}  // namespace jobs
