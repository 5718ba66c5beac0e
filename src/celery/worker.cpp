#include "celery/worker.h"

#include "base/host.h"
#include "base/log.h"

#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>

namespace celery {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t held_max = 10'000;
constexpr auto principal_ttl = 10s;
constexpr auto beat_every = 2s;
constexpr auto prune_every = 1h;
constexpr auto redis_pause = 1s;

std::string node_name() {
  const std::string host = base::host_name();
  return fmt::format("socialtrend-{}@{}", getpid(), host.empty() ? "localhost" : host);
}

redis::ClientOptions client_options(const redis::Endpoint& endpoint) {
  return {.connection = {.endpoint = endpoint, .limits = {.bytes_max = 2 * message_bytes_max}}};
}

json::array load_average() {
  std::array<double, 3> load{};
  if (getloadavg(load.data(), load.size()) < 0) load.fill(0);
  return {load[0], load[1], load[2]};
}

}  // namespace

Worker::Worker(WorkerDoors doors, Settings settings)
    : doors_(std::move(doors)),
      settings_(std::move(settings)),
      client_(doors_.executor, client_options(doors_.redis)),
      subscriber_({.connection = client_options(doors_.redis).connection}),
      node_(client_, doors_.clock,
            {.name = node_name(),
             .database = doors_.redis.database,
             .result_ttl = settings_.result_ttl}),
      broker_(client_, doors_.redis, settings_.queue),
      ledger_(doors_.database, doors_.clock),
      tasks_(doors_.tasks, ledger_),
      control_({.client = client_,
                .node = node_,
                .ledger = ledger_,
                .standing = [this] { return standing(); },
                .revoked = [this](const std::vector<std::string>& ids) { hear_revoked(ids); },
                .queue = settings_.queue}),
      started_at_(doors_.clock.now()),
      room_(doors_.executor),
      held_changed_(doors_.executor),
      quiet_(doors_.executor) {
  subscriber_.on(node_.channel("celery.pidbox"), [this](const std::string& message) {
    supervisor_->start_once("celery-control", [this, message] { return control_.hear(message); });
  });
}

void Worker::start(io::Supervisor& tasks) {
  supervisor_ = &tasks;
  tasks.start("celery-redis", [this] { return client_.run(); });
  tasks.start("celery-broadcasts", [this] { return subscriber_.run(); });
  tasks.start("celery-take", [this] { return take(); });
  tasks.start("celery-waiting", [this] { return fire(); });
  tasks.start("celery-heartbeat", [this] { return beat(); });
  tasks.start("celery-unacked", [this] { return look_after(); });
  tasks.start("celery-ledger", [this] { return prune(); });
}

std::string Worker::trouble() const {
  if (!client_.connected()) {
    return client_.failure().empty() ? "not connected yet" : client_.failure();
  }
  if (!who_) return "CELERY_TOKEN is not the token of somebody who may write posts";
  return "";
}

bool Worker::has_room() const {
  return active_.size() < static_cast<std::size_t>(settings_.concurrency) &&
         held_.size() < held_max;
}

// Tasks stay in the queue while nobody is there on whose behalf they could be carried out.
io::Task<bool> Worker::find_principal() {
  const base::Instant now = doors_.clock.now();
  if (who_ && now - who_at_ < principal_ttl) co_return true;
  auto found = co_await doors_.tokens.find(settings_.token);
  if (found && found->role < accounts::Role::editor) found.reset();
  if (!found) base::log_error("celery_token_refused", {{"celery.queue", settings_.queue}});
  who_ = std::move(found);
  who_at_ = now;
  co_return who_.has_value();
}

io::Task<> Worker::take() {
  while (!stopping_) {
    if (!has_room()) {
      co_await room_.wait();
    } else if (co_await find_principal()) {
      co_await take_one();
    } else {
      co_await io::sleep_for(principal_ttl);
    }
  }
}

io::Task<> Worker::take_one() {
  taking_ = true;
  auto delivery = co_await broker_.take();
  taking_ = false;
  quiet_.notify();
  if (!delivery) {
    co_await io::sleep_for(redis_pause);
  } else if (!*delivery) {
    co_await broker_.wait_for_message();
  } else if (stopping_) {
    co_await broker_.restore(std::move(**delivery));
  } else {
    launch(std::move(**delivery), 0);
  }
}

// What waits for its time, or for another try.
io::Task<> Worker::fire() {
  for (;;) {
    if (who_ && !stopping_) co_await fire_due();
    std::chrono::nanoseconds pause = 1s;
    for (const auto& [tag, held] : held_) {
      pause = std::min<std::chrono::nanoseconds>(pause, held.in_hand.due - doors_.clock.now());
    }
    co_await held_changed_.wait_for(std::max<std::chrono::nanoseconds>(pause, 10ms));
  }
}

io::Task<> Worker::fire_due() {
  const base::Instant now = doors_.clock.now();
  std::vector<std::string> due;
  for (const auto& [tag, held] : held_) {
    if (held.in_hand.due <= now) due.push_back(tag);
  }
  for (const std::string& tag : due) {
    if (active_.size() >= static_cast<std::size_t>(settings_.concurrency)) co_return;
    auto delivery = co_await broker_.read(tag);
    const auto found = held_.find(tag);
    if (found == held_.end()) continue;
    if (!delivery) {
      found->second.in_hand.due = now + redis_pause;
      continue;
    }
    const int attempts = found->second.attempts;
    held_.erase(found);
    room_.notify();
    // Gone: it was restored while nothing was heard of us, and is somebody else's.
    if (*delivery) launch(std::move(**delivery), attempts);
  }
}

void Worker::hear_revoked(const std::vector<std::string>& ids) {
  for (auto& [tag, held] : held_) {
    if (std::ranges::find(ids, held.in_hand.task.id) == ids.end()) continue;
    held.in_hand.due = doors_.clock.now();
    held_changed_.notify();
  }
}

void Worker::beat_once(const char* type) {
  node_.send_event(type, {{"freq", base::to_seconds(beat_every)},
                          {"active", active_.size()},
                          {"processed", processed_sum_},
                          {"loadavg", load_average()},
                          {"sw_ident", "socialtrend"},
                          {"sw_ver", SOCIALTREND_VERSION},
                          {"sw_sys", "Linux"}});
}

io::Task<> Worker::beat() {
  beat_once("worker-online");
  while (!stopping_) {
    beat_once("worker-heartbeat");
    co_await broker_.measure();
    co_await io::sleep_for(beat_every);
  }
}

std::vector<std::string> Worker::tags() const {
  std::vector<std::string> tags;
  for (const auto& [tag, in_hand] : active_) tags.push_back(tag);
  for (const auto& [tag, held] : held_) tags.push_back(tag);
  return tags;
}

// Ours are refreshed well before anybody may take them for lost.
io::Task<> Worker::look_after() {
  const auto every = std::max<std::chrono::milliseconds>(settings_.visibility_timeout / 4, 250ms);
  for (;;) {
    const auto bound = co_await broker_.bind();
    const auto refreshed = co_await broker_.refresh(tags());
    if (bound && refreshed) {
      const auto restored = co_await broker_.restore_silent(settings_.visibility_timeout);
      if (restored && *restored > 0) base::log_warn("celery_restored", {{"tasks", *restored}});
    }
    co_await io::sleep_for(every);
  }
}

io::Task<> Worker::prune() {
  for (;;) {
    co_await ledger_.prune();
    co_await io::sleep_for(prune_every);
  }
}

Standing Worker::standing() const {
  Standing standing{.tasks = {},
                    .processed = processed_,
                    .concurrency = settings_.concurrency,
                    .uptime = doors_.clock.now() - started_at_};
  for (const auto& [tag, in_hand] : active_) {
    if (in_hand.started) standing.tasks.push_back(in_hand);
  }
  for (const auto& [tag, held] : held_) standing.tasks.push_back(held.in_hand);
  return standing;
}

io::Task<> Worker::stop(std::chrono::milliseconds timeout) {
  stopping_ = true;
  room_.notify();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while ((taking_ || !active_.empty()) && std::chrono::steady_clock::now() < deadline) {
    co_await quiet_.wait_for(deadline - std::chrono::steady_clock::now());
  }
  const auto held = std::exchange(held_, {});
  for (const auto& [tag, waiting] : held) {
    auto delivery = co_await broker_.read(tag);
    if (!delivery) break;  // Redis is away: they are restored when their time is up
    if (*delivery) co_await broker_.restore(std::move(**delivery));
  }
  beat_once("worker-offline");
  co_await client_.command({"PING"});  // answered when all that was told is written
}

}  // namespace celery
