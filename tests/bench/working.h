// A worker wired as the program wires it, but for the network.
#pragma once

#include "accounts/accounts.h"
#include "accounts/events.h"
#include "base/crypto.h"
#include "http/client.h"
#include "measured_network.h"
#include "publish_bench.h"
#include "publishing/worker.h"

#include <memory>

namespace bench {

std::unique_ptr<db::Database> open_database(io::Executor executor, const Options& options);

class Working {
 public:
  Working(io::Executor executor, db::Database& database, const Options& options);

  publishing::Worker& worker() { return worker_; }
  const MeasuredNetwork& network() const { return network_; }
  const base::SystemClock& clock() const { return clock_; }
  // Runs the worker in the background.
  void start();
  // Until that many have started, and nothing is in hand any more.
  io::Task<> finish(std::size_t count);
  io::Task<> stop();

 private:
  publishing::WorkerDoors doors(db::Database& database);

  base::SystemClock clock_;
  base::Vault vault_;
  accounts::Accounts accounts_;
  accounts::Events events_;
  publishing::ConnectedAccounts door_;
  std::unique_ptr<http::Client> client_;
  InstantNetwork instant_;
  MeasuredNetwork network_;
  io::Supervisor tasks_;
  publishing::Worker worker_;
};

// p50, p90, p99, max in milliseconds, and a histogram.
json::object lateness(const std::vector<base::Instant>& starts, base::Instant due);
json::object quantiles(std::vector<double> values);
// Resident memory of this process at its highest so far, in MB; and processor seconds.
double resident_peak();
double processor_seconds();

}  // namespace bench
