// Takes tasks that Celery clients put into Redis, and carries each out once.
//
// A message is taken into `unacked` and acknowledged only when what it does is committed and its
// result is stored; a task that waits for its time, or for a dependency that is away, stays there
// and is refreshed, so that only messages of dead workers are restored. Whatever is delivered twice
// finds its line in the ledger. Memory is bounded: waiting tasks are known by tag, id and time.
//
//   celery::Worker worker(doors, settings);
//   worker.start(process.tasks);   // supervised loops
//   co_await worker.stop(timeout); // takes no more, finishes, hands the rest back
//
// Not thread-safe: one per loop. Outlives the supervisor's tasks.
#pragma once

#include "accounts/tokens.h"
#include "celery/broker.h"
#include "celery/control.h"
#include "celery/ledger.h"
#include "celery/node.h"
#include "celery/settings.h"
#include "celery/tasks.h"
#include "redis/subscriber.h"

#include <map>
#include <optional>
#include <string>

namespace celery {

struct WorkerDoors {
  io::Executor executor;
  redis::Endpoint redis;
  db::Database& database;
  const base::Clock& clock;
  accounts::Tokens& tokens;
  TaskDoors tasks;
};

class Worker {
 public:
  Worker(WorkerDoors doors, Settings settings);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start(io::Supervisor& tasks);
  io::Task<> stop(std::chrono::milliseconds timeout);

  // For people: empty while all is well.
  std::string trouble() const;

 private:
  struct Held {
    InHand in_hand;
    int attempts = 0;  // that ended with something outside being away
  };
  // One delivery of one task on its way.
  struct Run {
    std::string tag;
    Task task;
    int attempts = 0;
    base::Instant started;
  };

  io::Task<> take();
  io::Task<> fire();
  io::Task<> beat();
  io::Task<> look_after();
  io::Task<> prune();

  bool has_room() const;
  io::Task<bool> find_principal();
  io::Task<> take_one();
  io::Task<> fire_due();
  void hear_revoked(const std::vector<std::string>& ids);
  void beat_once(const char* type);
  Standing standing() const;
  std::vector<std::string> tags() const;

  // carrying.cpp: the way of one delivery.
  void launch(Delivery delivery, int attempts);
  io::Task<> carry_out(Delivery delivery, int attempts);
  io::Task<> refuse(Delivery delivery, base::Error error);
  io::Task<> carry_out_task(Run run);
  io::Task<std::optional<Outcome>> attempt(Run run);
  io::Task<bool> complete(Run run, Outcome outcome);
  void tell_outcome(const Run& run, const Outcome& outcome);
  io::Task<> try_later(Run run, Outcome outcome);
  io::Task<> give_up(Run run, Outcome outcome);
  void hold(Run run, base::Instant until);

  WorkerDoors doors_;
  const Settings settings_;
  redis::Client client_;
  redis::Subscriber subscriber_;
  Node node_;
  Broker broker_;
  Ledger ledger_;
  Tasks tasks_;
  Control control_;
  io::Supervisor* supervisor_ = nullptr;  // set by start()
  std::optional<accounts::Principal> who_;
  base::Instant who_at_;
  const base::Instant started_at_;
  std::map<std::string, InHand> active_;  // by tag
  std::map<std::string, Held> held_;      // likewise
  json::object processed_;
  std::int64_t processed_sum_ = 0;
  bool taking_ = false;
  bool stopping_ = false;
  io::Event room_;
  io::Event held_changed_;
  io::Event quiet_;
};

}  // namespace celery
