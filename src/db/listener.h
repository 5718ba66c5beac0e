// Hears what is notified on one channel of PostgreSQL, over a connection of its own: a pooler in
// transaction mode cannot carry LISTEN, so this one goes to the server itself
// (DATABASE_LISTEN_URL).
//
// Notifications are lost while the connection is down; `connected` is called each time it stands,
// so that whoever listens can look for what was missed. A silent connection is tested, a lost one
// made again, with growing pauses. Not thread-safe: one loop.
#pragma once

#include "io/task.h"

#include <functional>
#include <memory>
#include <string>

typedef struct pg_conn PGconn;

namespace db {

class Listener {
 public:
  static constexpr std::chrono::seconds connect_max{10};
  static constexpr std::chrono::seconds silence_max{30};  // then the server is asked for a sign
  static constexpr std::chrono::seconds answer_max{10};
  static constexpr std::chrono::milliseconds again_min{250};
  static constexpr std::chrono::milliseconds again_max{30'000};

  // `channel`: lower-case letters and underscores.
  Listener(io::Executor executor, std::string url, std::string channel,
           std::function<void(std::string payload)> notified, std::function<void()> connected);

  // Listens until it is cancelled.
  io::Task<> run();

 private:
  using Handle = std::shared_ptr<PGconn>;

  io::Task<Handle> connect();
  // Until the connection is of no use any more: why.
  io::Task<std::string> listen(Handle connection);
  // What has come in; false: the connection is lost.
  bool take(PGconn* connection, bool& waiting);

  io::Executor executor_;
  std::string url_;
  std::string channel_;
  std::function<void(std::string)> notified_;
  std::function<void()> connected_;
  std::string failure_;  // of the last try to connect
};

}  // namespace db
