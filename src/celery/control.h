// Remote control: what `celery inspect`, `celery control`, `celery status` and Flower ask of a
// worker over the broadcast exchange celery.pidbox, and its answers.
//
// Commands that concern other designs (pools, rate limits) are answered with an error that says so.
// Whoever can write to Redis can revoke tasks, as with Celery. Not thread-safe: one per loop.
#pragma once

#include "celery/ledger.h"
#include "celery/node.h"

#include <functional>
#include <string>
#include <vector>

namespace celery {

// A task in hand, as monitors show it.
struct InHand {
  Task task;                             // without its arguments but as text
  std::optional<base::Instant> started;  // nothing: it waits for its time
  base::Instant due;
};

struct Standing {
  std::vector<InHand> tasks;
  json::object processed;  // by name of task
  std::int64_t concurrency = 0;
  base::Duration uptime{};
};

class Control {
 public:
  struct Doors {
    redis::Client& client;
    Node& node;
    Ledger& ledger;
    std::function<Standing()> standing;
    // After tasks were revoked: those that wait for their time are looked at again.
    std::function<void(std::vector<std::string>)> revoked;
    std::string queue;
  };

  explicit Control(Doors doors);

  // One message of the broadcast exchange.
  io::Task<> hear(std::string message);
  // The command's answer: what `inspect` shows under our name.
  io::Task<json::value> answer(std::string method, json::value arguments);

 private:
  io::Task<json::value> revoke(json::value arguments);
  io::Task<> reply(json::value command, json::value answer);
  json::array active_queues() const;
  json::array tasks(bool started) const;
  json::object query(const std::vector<std::string>& ids) const;
  json::object stats() const;
  json::object describe(const InHand& in_hand) const;

  const Doors doors_;
};

// Is a command for this node? By name, by shell pattern, or for all.
bool is_addressed(const json::value& command, const std::string& node);

}  // namespace celery
