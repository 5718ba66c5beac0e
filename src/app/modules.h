// Everything that the domains are made of, wired together once for each process.
//
// Making them costs nothing and starts nothing: a role then binds the routes and starts the tasks
// that are its own. The order of the members is the order of their making.
#pragma once

#include "accounts/housekeeping.h"
#include "accounts/services.h"
#include "app/doors.h"
#include "app/lagging_reads.h"
#include "app/scaling_answer.h"
#include "app/topics_and_rules.h"
#include "app/trends_cache.h"
#include "captions/composer.h"
#include "captions/evidence.h"
#include "celery/worker.h"
#include "jobs/heartbeat.h"
#include "jobs/leases.h"
#include "jobs/queue.h"
#include "media/garbage.h"
#include "posts/bulk.h"
#include "posts/checks.h"
#include "posts/posts.h"
#include "posts/series_runner.h"
#include "posts/slots.h"
#include "publishing/decisions.h"
#include "publishing/feed.h"
#include "publishing/renewals.h"
#include "publishing/worker.h"
#include "results/results.h"
#include "rules/guard.h"
#include "trends/routes.h"
#include "trends/service.h"

namespace app {

class Modules {
 public:
  Modules(Process& process, Doors& doors);
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;

  // The parts of the roles; all-in-one is their sum. Each binds its routes and starts its tasks.
  void add_backend();
  void add_automation();
  void add_tokens();  // what the backend answers of /automation, for an automation process alone
  void add_worker();
  void add_page();
  // What every role has: who is asking, and a sign of life.
  void add_common();

 private:
  networks::Context network_context();
  posts::Signals signals();
  io::Task<std::optional<captions::TrendEvidence>> find_evidence(base::WorkspaceId workspace,
                                                                 std::string trend);
  io::Task<> collect_garbage();
  io::Task<bool> demonstration_runs();
  captions::Services captions();
  void add_redis(RedisDoor& redis);
  void add_authentication();
  void add_celery(redis::Endpoint endpoint);
  void tell(base::WorkspaceId workspace, json::object event);

  Process& process_;
  Doors& doors_;
  jobs::Leases leases_;
  jobs::Queue queue_;
  jobs::Heartbeat heartbeat_;
  accounts::Services accounts_;
  accounts::Housekeeping housekeeping_;
  media::Media media_;
  media::Uploads uploads_;
  media::Garbage garbage_;
  posts::Slots slots_;
  posts::Checks checks_;
  posts::Posts posts_;
  posts::Bulk bulk_;
  posts::Series series_;
  posts::SeriesRunner series_runner_;
  publishing::FeedStore feeds_;
  publishing::ConnectedAccounts account_door_;
  trends::Services trends_;
  rules::Guard guard_;
  publishing::Worker worker_;
  publishing::Renewals renewals_;
  publishing::Decisions decisions_;
  results::Results results_;
  trends::Service detection_;
  captions::Composer composer_;
  TopicsAndRules topics_and_rules_;
  std::unique_ptr<TrendsCache> trends_cache_;    // null: not a role that answers for trends
  std::unique_ptr<LaggingReads> lagging_reads_;  // null: no replica is named
  std::unique_ptr<celery::Worker> celery_;       // null: no queue is named
  std::unique_ptr<jobs::Wake::Bell> due_bell_;
  std::unique_ptr<jobs::Wake::Bell> rights_bell_;
  ScalingAnswer scaling_;
};

}  // namespace app
