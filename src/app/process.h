// A process that serves: the event loop, the server, signals, start and stop.
//
// Start: the roles have added their routes and tasks; listen, ready. Stop (SIGTERM, SIGINT): not
// ready at once, keep serving for the drain delay, finish what is in flight, exit 0. A second
// signal stops now.
#pragma once

#include "app/health.h"
#include "app/settings.h"
#include "http/router.h"
#include "http/server.h"
#include "io/task.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace app {

class Process {
 public:
  explicit Process(Settings settings);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const Settings settings;
  const base::SystemClock clock;
  const std::string id;  // of this process: host, pid and random; the owner of its leases

  asio::io_context loop;
  std::shared_ptr<http::Router> router;
  io::Supervisor tasks;
  Health health;

  // Called in this order: `finish` before the tasks are cancelled, so that a role can complete what
  // it has in flight; `close` when nothing runs any more.
  void on_stop(std::function<io::Task<>()> finish) { finishers_.push_back(std::move(finish)); }
  void on_end(std::function<io::Task<>()> close) { closers_.push_back(std::move(close)); }

  // Runs one task on the loop to its end; throws what it throws.
  void run_to_end(io::Task<> task);
  // Serves until a signal; the exit code. Routes and tasks are added before. Throws
  // base::Unavailable when it cannot listen.
  int run();
  // The address to open in a browser, once it listens.
  std::string address() const;

 private:
  io::Task<> serve();
  io::Task<> wait_for_signal();
  io::Task<> stop();

  std::unique_ptr<http::Server> server_;
  std::vector<std::function<io::Task<>()>> finishers_;
  std::vector<std::function<io::Task<>()>> closers_;
};

}  // namespace app
