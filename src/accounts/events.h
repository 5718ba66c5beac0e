// Live events: what changed in a workspace, for the page to fetch again.
//
// An event is a hint, {"type": "post", "id": "..."}, never the data itself: a lost or doubled one
// costs a look, nothing else. publish() reaches the subscribers of this process at once and those
// of other processes through the table `events`, which run() of every backend reads once a second;
// roles share nothing but the database. Where there is a quicker way between processes (Redis),
// spread_with() and hear() join it: the same event is delivered once, whichever way comes first.
//
//   co_await events.publish(workspace, {{"type", "post"}, {"id", post.id.value}});
//
// Bounded: a subscriber that does not read loses its queue and gets one {"type": "resync"} instead,
// "fetch everything". Not thread-safe: one per loop.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "io/task.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace accounts {

namespace json = boost::json;

struct LiveEvent {
  std::string id;  // UUIDv7: the Last-Event-ID of a reconnecting client
  std::string type;
  std::string data;  // JSON
};

class Subscription {
 public:
  explicit Subscription(io::Executor executor) : arrived_(std::move(executor)) {}

  // The next event, or nothing when none came in time.
  io::Task<std::optional<LiveEvent>> next(std::chrono::milliseconds timeout);

 private:
  friend class Events;
  void push(const LiveEvent& event);

  std::deque<LiveEvent> queue_;
  io::Event arrived_;
};

class Events {
 public:
  Events(io::Executor executor, db::Database& database, const base::Clock& clock);

  // Tells every process; those told at the same time are written down together, and what waits to
  // be written is not written twice. Never throws for a database that is away: the change that the
  // event speaks of is done, and must not fail for want of a hint; it is logged and counted
  // instead.
  io::Task<> publish(base::WorkspaceId workspace, json::object event);
  // In the transaction of the change itself: told when that commits, within a second, here and
  // elsewhere.
  io::Task<> publish_with(db::Session& session, base::WorkspaceId workspace, json::object event);

  // `spread` tells the other processes now, or loses the message; it must not block or throw.
  void spread_with(std::function<void(std::string)> spread) { spread_ = std::move(spread); }
  // What another process has spread. What is malformed, or not of now, is ignored: the table has
  // it.
  void hear(std::string_view message);

  // Called before a subscriber of this process hears of a change in that workspace.
  void on_delivery(std::function<void(const base::WorkspaceId&)> then) {
    on_delivery_ = std::move(then);
  }

  // Null when this process has as many subscribers as it can bear. Dropping the pointer
  // unsubscribes.
  std::shared_ptr<Subscription> subscribe(base::WorkspaceId workspace);
  // What a client that comes back has missed; puts a resync when that is no longer known.
  io::Task<> replay(base::WorkspaceId workspace, std::string last_event_id,
                    std::shared_ptr<Subscription> into);

  // Reads and prunes the table until cancelled: one supervised task of every process that has
  // subscribers.
  io::Task<> run();
  // One turn of run(): delivers what other processes (and transactions of this one) have told.
  io::Task<> poll();
  io::Task<> prune();

 private:
  struct Unwritten {
    base::WorkspaceId workspace;
    LiveEvent event;
    base::Instant at;
  };
  io::Task<> write_waiting();
  io::Task<> write(std::vector<Unwritten> events);
  void deliver(const base::WorkspaceId& workspace, const LiveEvent& event);
  bool first_sight(const std::string& id, base::Instant at);
  void forget_before(base::Instant at);

  io::Executor executor_;
  db::Database& database_;
  const base::Clock& clock_;
  std::multimap<base::WorkspaceId, std::weak_ptr<Subscription>> subscribers_;
  std::set<std::pair<base::Instant, std::string>> seen_;
  base::Instant read_to_;
  std::function<void(std::string)> spread_;
  std::function<void(const base::WorkspaceId&)> on_delivery_;
  std::deque<Unwritten> waiting_;
  std::set<std::pair<base::WorkspaceId, std::string>> waiting_data_;
  bool writing_ = false;
};

}  // namespace accounts
