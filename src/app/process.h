// What every role stands on: the event loop, the doors to the outside, signals, start and stop.
//
// Start: check the configuration, open the database, hold the schema against this binary, let the
// roles add their routes and tasks, listen, ready. Stop (SIGTERM, SIGINT): not ready at once, keep
// serving for the drain delay, finish what is in flight, exit 0. A second signal stops now.
#pragma once

#include "app/health.h"
#include "app/settings.h"
#include "base/crypto.h"
#include "db/database.h"
#include "http/client.h"
#include "http/router.h"
#include "http/server.h"
#include "http/websocket.h"
#include "io/task.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace app {

class Process {
 public:
  // Throws base::Unavailable with one line that says what to change.
  explicit Process(Settings settings);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const Settings settings;
  const base::SystemClock clock;
  const base::Vault vault;
  const std::string id;  // of this process: host, pid and random; the owner of its leases

  asio::io_context loop;
  std::unique_ptr<db::Database> database;
  std::unique_ptr<http::Client> client;
  std::unique_ptr<http::WebSocketConnector> websockets;
  std::shared_ptr<http::Router> router;
  io::Supervisor tasks;
  Health health;

  // Called once, before the tasks are cancelled: lets a role finish what it has in flight.
  void on_stop(std::function<io::Task<>()> finish) { finishers_.push_back(std::move(finish)); }

  // Holds the schema against this binary; all-in-one applies what is missing, other roles refuse.
  void prepare();
  // Serves until a signal; the exit code. Routes and tasks are added before.
  int run();
  // The address to open in a browser, once it listens.
  std::string address() const;

 private:
  // Runs one task on the loop to its end; throws what it throws.
  void run_to_end(io::Task<> task);
  io::Task<> serve();
  io::Task<> check_schema();
  io::Task<> wait_for_signal();
  io::Task<> stop();

  std::unique_ptr<http::Server> server_;
  std::vector<std::function<io::Task<>()>> finishers_;
};

}  // namespace app
