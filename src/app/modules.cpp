#include "app/modules.h"

#include "accounts/authentication.h"
#include "accounts/idempotency.h"
#include "accounts/routes.h"
#include "app/cloudwatch.h"
#include "app/page.h"
#include "app/posts_on_trend.h"
#include "app/reference.h"
#include "app/second_try.h"
#include "app/trace_requests.h"
#include "base/host.h"
#include "base/json.h"
#include "base/log.h"
#include "captions/routes.h"
#include "media/routes.h"
#include "posts/bulk_routes.h"
#include "posts/routes.h"
#include "posts/series_routes.h"
#include "publishing/routes.h"
#include "results/routes.h"

namespace app {
namespace {

constexpr std::size_t jobs_at_once = 4;
// What a killed worker held is taken up after this and the allowed skew of clocks.
constexpr std::chrono::seconds worker_lease{15};
// Bells ring for what is due sooner; this finds it when they are not heard.
constexpr std::chrono::seconds worker_poll{5};
constexpr std::chrono::hours garbage_every{1};
constexpr int orphans_every = 24;  // rounds of the above
// The bell that is rung when a target has become due sooner than workers may expect.
constexpr const char* due_channel = "due";
// And when somebody's rights were changed.
constexpr const char* rights_channel = "rights";

media::MediaOptions media_options(const Settings& settings) {
  media::MediaOptions options{.public_url = settings.public_url,
                              .workspace_bytes = settings.media.workspace_bytes,
                              .total_bytes = settings.media.total_bytes};
  // A backend asks no converter: the workers, perhaps on other machines, have it.
  if (settings.role == "backend") {
    options.converting = settings.media.converter == "none" ? media::Converting::impossible
                                                            : media::Converting::possible;
  }
  return options;
}

captions::TrendEvidence to_evidence(const json::object& trend) {
  const json::value value(trend);
  const auto names = [&](std::string_view list, std::string_view member) {
    std::vector<std::string> found;
    if (const json::value* items = base::find(value, list); items != nullptr && items->is_array()) {
      for (const json::value& item : items->get_array())
        found.push_back(base::text_at(item, member));
    }
    return found;
  };
  const auto number = [&](std::string_view name) {
    const json::value* found = base::find(value, name);
    return found != nullptr && found->is_number() ? found->to_number<double>() : 0.0;
  };
  captions::TrendEvidence evidence{.label = base::text_at(value, "/label"),
                                   .terms = names("/terms", ""),
                                   .authors = number("/authors"),
                                   .ratio = number("/ratio"),
                                   .since = base::parse_rfc3339(base::text_at(value, "/since")),
                                   .languages = names("/languages", "/id"),
                                   .samples = names("/samples", "/text"),
                                   .coordinated = base::boolean_at(value, "/coordinated"),
                                   .generated = base::boolean_at(value, "/generated")};
  for (const std::string& id : names("/sources", "/id")) {
    const trends::Source* source = trends::source_by_id(id);
    evidence.sources.push_back(source == nullptr ? id : source->about().label);
  }
  if (base::text_at(value, "/kind") == "link") evidence.links.push_back(evidence.label);
  return evidence;
}

CheckResult standing(publishing::Worker::Standing found) {
  return {.ok = found.ok, .message = std::move(found.message)};
}

}  // namespace

Modules::Modules(Process& process, Doors& doors)
    : process_(process),
      doors_(doors),
      leases_(*doors.database, process.clock, process.id),
      queue_(*doors.database, process.clock, process.id),
      heartbeat_(*doors.database, process.clock,
                 {.name = process.id,
                  .role = process.settings.role,
                  .version = SOCIALTREND_VERSION,
                  .host = base::host_name()}),
      accounts_(process.loop.get_executor(), *doors.database, process.clock, doors.vault,
                process.settings.accounts),
      housekeeping_(accounts_, queue_),
      media_({.database = *doors.database,
              .clock = process.clock,
              .vault = doors.vault,
              .store = *doors.media_store,
              .converter = *doors.converter},
             media_options(process.settings)),
      uploads_(*doors.database, process.clock, media_),
      garbage_(*doors.database, process.clock, media_, uploads_),
      slots_(*doors.database, process.clock),
      checks_(*doors.database, accounts_.accounts, media_, networks::by_id),
      posts_(*doors.database, process.clock, checks_, slots_, signals()),
      bulk_(*doors.database, process.clock, checks_, slots_, signals()),
      series_(*doors.database, process.clock, checks_, slots_, signals()),
      series_runner_(series_, leases_),
      feeds_(*doors.database, process.clock),
      account_door_(accounts_.accounts),
      trends_(process.loop.get_executor(), *doors.database, process.clock, doors.vault, {},
              trends::parse_source_weights(process.settings.trends.source_weights)),
      guard_(*doors.database, process.clock, trends_.board),
      worker_(process.loop.get_executor(),
              {.database = doors.database.get(),
               .clock = &process.clock,
               .accounts = &account_door_,
               .networks = networks::by_id,
               .context = network_context(),
               .images =
                   [this](base::WorkspaceId workspace, std::vector<base::MediaId> ids,
                          networks::Limits limits) {
                     return media_.load(std::move(workspace), std::move(ids), std::move(limits));
                   },
               .freshness = &guard_,
               .changed = signals().changed},
              {.owner = process.id,
               .poll = worker_poll,
               .lease = worker_lease,
               .sending_max = static_cast<std::size_t>(process.settings.publish_concurrency)}),
      renewals_(process.loop.get_executor(), {.accounts = &accounts_.accounts,
                                              .leases = &leases_,
                                              .networks = networks::by_id,
                                              .context = network_context(),
                                              .clock = &process.clock}),
      decisions_(*doors.database, process.clock, signals()),
      results_(*doors.database, process.clock, accounts_.accounts, network_context()),
      detection_(
          process.loop.get_executor(), *doors.database, leases_, process.clock, doors.vault,
          {.http = doors.client.get(),
           .websockets = doors.websockets.get(),
           .clock = &process.clock,
           .recordings = process.settings.trends.recordings_dir.empty()
                             ? process.settings.data_dir / "recordings"
                             : std::filesystem::path(process.settings.trends.recordings_dir)},
          trends::service_options(process.settings.trends)),
      composer_(*doors.model_client, process.clock, process.settings.captions),
      topics_and_rules_(process, doors,
                        {.leases = leases_,
                         .queue = queue_,
                         .board = trends_.board,
                         .accounts = accounts_.accounts,
                         .posts = posts_,
                         .captions = captions(),
                         .changed = signals().changed}),
      scaling_(process.loop.get_executor(), doors.reads ? *doors.reads : *doors.database,
               process.clock) {
  accounts_.public_url = process.settings.public_url;
  accounts_.networks = network_context();
  accounts_.accounts.on_disconnect([this](db::Session& session, base::AccountId account) {
    return posts_.cancel_for_account(session, std::move(account));
  });
  accounts_.workspaces.on_approval_required(
      [this](db::Session& session, base::WorkspaceId workspace) {
        return posts_.hold_unapproved(session, std::move(workspace));
      });
  trends_.doors.our_posts = [this](base::WorkspaceId workspace, base::TrendId trend) {
    return posts_on_trend(posts_, results_, std::move(workspace), std::move(trend));
  };
  trends_.doors.rating = [this](base::WorkspaceId workspace, std::string list) {
    return topics_and_rules_.rating(std::move(workspace), std::move(list));
  };
  trends_.doors.source_changed = [this](base::WorkspaceId workspace, std::string source) {
    return accounts_.events.publish(std::move(workspace), {{"type", "source"}, {"id", source}});
  };
  accounts_.demonstration = [this] { return demonstration_runs(); };
}

networks::Context Modules::network_context() {
  return {.http = doors_.client.get(),
          .feed = &feeds_,
          .websockets = doors_.websockets.get(),
          .credentials = &accounts_.accounts,
          .clock = &process_.clock,
          .public_url = process_.settings.public_url};
}

posts::Signals Modules::signals() {
  return {.changed = [this](base::WorkspaceId workspace,
                            json::object event) { tell(workspace, std::move(event)); },
          .due_soon = [this] { doors_.wake().ring(due_channel); }};
}

// The page is told on the way; the change itself is done and waits for nobody.
void Modules::tell(base::WorkspaceId workspace, json::object event) {
  topics_and_rules_.look_for_troubles();
  process_.tasks.start_once("tell", [this, workspace, event = std::move(event)] {
    return accounts_.events.publish(workspace, event);
  });
}

io::Task<bool> Modules::demonstration_runs() {
  const auto rows = co_await doors_.database->execute(
      "SELECT count(*) AS n FROM sources WHERE type = 'demonstration' AND enabled = 1");
  co_return rows[0]["n"].integer() > 0;
}

io::Task<std::optional<captions::TrendEvidence>> Modules::find_evidence(base::WorkspaceId,
                                                                        std::string trend) {
  const auto detail = co_await trends_.board.detail(std::move(trend));
  if (!detail) co_return std::nullopt;
  co_return to_evidence(*detail);
}

io::Task<> Modules::collect_garbage() {
  for (int round = 0;; ++round) {
    co_await io::sleep_for(garbage_every);
    const media::Swept swept = round % orphans_every == 0 ? co_await garbage_.collect_with_orphans()
                                                          : co_await garbage_.collect();
    if (swept.sum() == 0) continue;
    base::log_info("media_removed", {{"media", swept.media},
                                     {"copies", swept.copies},
                                     {"uploads", swept.uploads},
                                     {"files", swept.files},
                                     {"orphans", swept.orphans}});
  }
}

void Modules::add_common() {
  process_.router->filter(trace_requests(process_.settings));
  process_.router->filter(try_reads_again(process_.clock));
  add_authentication();
  process_.router->filter(
      accounts::make_idempotency(*doors_.database, process_.clock, doors_.vault));
  process_.tasks.start("heartbeat", [this] { return heartbeat_.run(); });
  process_.on_stop([this] { return heartbeat_.leave(); });
  process_.tasks.start("wake", [this] { return doors_.wake().run(); });
  if (doors_.redis) add_redis(*doors_.redis);
}

// Who loses rights here loses them in the other processes as well.
void Modules::add_authentication() {
  process_.router->filter(accounts::make_authentication(accounts_));
  accounts_.principals.on_change([this] { doors_.wake().ring(rights_channel); });
  rights_bell_ = doors_.wake().on_ring(rights_channel, [this] { accounts_.principals.forget(); });
  if (!doors_.reads) return;
  lagging_reads_ = std::make_unique<LaggingReads>(
      process_, doors_, *doors_.reads,
      LaggingReads::Parts{.accounts = accounts_, .checks = checks_, .media = media_});
  lagging_reads_->add(process_);
}

void Modules::add_redis(RedisDoor& redis) {
  accounts_.events.spread_with([&redis](const std::string& event) { redis.spread(event); });
  redis.on_event([this](std::string_view event) { accounts_.events.hear(event); });
  process_.health.add_aside("redis", [&redis] {
    const std::string trouble = redis.trouble();
    return CheckResult{.ok = trouble.empty(), .message = trouble};
  });
}

void Modules::add_backend() {
  http::Router& router = *process_.router;
  accounts::bind(router, accounts_);
  media::bind(router, media_, uploads_);
  posts::bind(router, posts_, slots_, media_, accounts_.accounts, *doors_.database);
  posts::bind_bulk(router, bulk_, accounts_.accounts);
  posts::bind_series(router, series_, process_.clock);
  publishing::bind(router, decisions_, posts_, media_, feeds_, process_.settings.public_url);
  results::bind(router, results_, accounts_.accounts, process_.clock);
  trends::bind(router, trends_);
  trends_cache_ = std::make_unique<TrendsCache>(process_, doors_.wake());
  router.get("/api/scaling", [this](http::Request) { return scaling_.get(); });
  topics_and_rules_.add_backend();
  bind_reference(router);
  process_.tasks.start("events", [this] { return accounts_.events.run(); });
}

void Modules::add_tokens() { accounts::bind_automation(*process_.router, accounts_); }

void Modules::add_automation() {
  trends::bind_automation(*process_.router, trends_);
  captions::bind(*process_.router, captions());
  detection_.on_change([this] {
    trends_.board.changed();
    if (trends_cache_) trends_cache_->forget_here();
  });
  trends_.doors.look_soon = [this] { detection_.look_soon(); };
  topics_and_rules_.add_automation(detection_);
  process_.tasks.start("trends", [this] { return detection_.run(); });
  process_.on_stop([this] { return detection_.stop(); });
}

captions::Services Modules::captions() {
  return {.composer = composer_,
          .accounts = accounts_.accounts,
          .find_evidence = [this](base::WorkspaceId workspace, std::string trend) {
            return find_evidence(std::move(workspace), std::move(trend));
          }};
}

void Modules::add_celery(redis::Endpoint endpoint) {
  celery_ =
      std::make_unique<celery::Worker>(celery::WorkerDoors{.executor = process_.loop.get_executor(),
                                                           .redis = std::move(endpoint),
                                                           .database = *doors_.database,
                                                           .clock = process_.clock,
                                                           .tokens = accounts_.tokens,
                                                           .tasks = {.posts = posts_,
                                                                     .media = media_,
                                                                     .accounts = accounts_.accounts,
                                                                     .captions = captions(),
                                                                     .http = *doors_.client}},
                                       process_.settings.celery);
  celery_->start(process_.tasks);
  process_.on_stop([this] { return celery_->stop(process_.settings.stop_timeout); });
  process_.health.add_aside("celery", [this] {
    const std::string trouble = celery_->trouble();
    return CheckResult{.ok = trouble.empty(), .message = trouble};
  });
}

void Modules::add_worker() {
  housekeeping_.handle();
  topics_and_rules_.add_worker();
  process_.tasks.start("jobs", [this] { return queue_.run(jobs_at_once); });
  due_bell_ = doors_.wake().on_ring(due_channel, [this] { worker_.wake(); });
  process_.tasks.start("publishing", [this] { return worker_.run(); });
  process_.health.add("publishing", [this] { return standing(worker_.standing()); });
  process_.tasks.start("renewals", [this] { return renewals_.run(); });
  process_.on_stop([this] { return renewals_.stop(); });
  process_.tasks.start("series", [this] { return series_runner_.run(); });
  process_.tasks.start("results", [this] { return results_.run(leases_); });
  if (!process_.settings.cloudwatch_cluster.empty()) {
    process_.tasks.start("cloudwatch", [this] {
      return write_cloudwatch_metrics(*doors_.database, process_.clock, leases_,
                                      process_.settings.cloudwatch_cluster);
    });
  }
  // Loading the settings has refused a queue without Redis.
  if (process_.settings.celery.enabled()) {
    add_celery(redis::endpoint_of(process_.settings.redis).value().value());
  }
  process_.on_stop([this] { return worker_.stop(process_.settings.stop_timeout); });
  process_.tasks.start("media-garbage", [this] { return collect_garbage(); });
  process_.tasks.start_once("housekeeping", [this] { return housekeeping_.schedule(); });
}

void Modules::add_page() { process_.router->fallback(page()); }

}  // namespace app
