// This worker among Celery's: its name, its logical clock, what it tells monitors and whoever waits
// for a result. Nothing here is worth waiting for: what is told while Redis is away is lost, as
// with Celery itself, but results, which the caller repeats.
#pragma once

#include "base/time.h"
#include "celery/message.h"
#include "celery/outcome.h"
#include "redis/client.h"

#include <chrono>
#include <string>

namespace celery {

struct NodeOptions {
  std::string name;           // "socialtrend-7@host", of this process alone
  std::int64_t database = 0;  // of Redis: broadcasts go to channels that begin with its number
  std::chrono::milliseconds result_ttl{};
};

class Node {
 public:
  Node(redis::Client& client, const base::Clock& clock, NodeOptions options);

  const std::string& name() const { return options_.name; }
  // The channel of an exchange that everybody hears.
  std::string channel(std::string_view exchange, std::string_view routing_key = "") const;

  // Lamport's clock, by which monitors put events of several workers in order.
  std::int64_t tick() { return ++ticks_; }
  void heard(std::int64_t clock) { ticks_ = std::max(ticks_, clock) + 1; }

  // "task-started" and the like; for Flower and `celery events`.
  void send_event(std::string type, json::object fields);
  // What AsyncResult sees: `celery-task-meta-ID`, and a message to those who wait.
  io::Task<base::Result<void>> put_result(Task task, std::string status, json::value result);

 private:
  redis::Client& client_;
  const base::Clock& clock_;
  const NodeOptions options_;
  std::int64_t ticks_ = 0;
};

}  // namespace celery
