#include "accounts/events.h"

#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "db/given.h"

namespace accounts {
namespace {

constexpr std::size_t queue_max = 256;
constexpr std::size_t subscribers_max = 2000;
constexpr std::size_t read_max = 2000;
constexpr std::size_t written_at_once = 1000;
// After so many in one go the next ones wait a little: who is told twice meanwhile is told once.
constexpr std::size_t many = 100;
constexpr std::chrono::milliseconds pause_of_many{250};
constexpr std::int64_t replay_max = 500;
constexpr std::size_t message_max = std::size_t{16} * 1024;
constexpr std::chrono::seconds poll_every{1};
constexpr std::chrono::minutes keep{10};
constexpr std::chrono::minutes prune_every{1};
// Clocks differ and transactions commit late: what is younger than this may still turn up before
// what was read already.
constexpr std::chrono::seconds overlap{5};

metrics::Counter lost{"live_events_lost_total", "Live events that could not be written."};

LiveEvent make_event(const json::object& body) {
  return {.id = base::make_uuid7(),
          .type = base::text_at(body, "/type", "message"),
          .data = json::serialize(body)};
}

LiveEvent read_event(const db::Row& row) {
  const json::value body = base::parse_json(row["body"].text()).value_or(json::object{});
  return {.id = row["id"].text(),
          .type = base::text_at(body, "/type", "message"),
          .data = row["body"].text()};
}

LiveEvent resync() { return make_event({{"type", "resync"}, {"id", ""}}); }

// When a UUIDv7 was made; nothing for what is none.
std::optional<base::Instant> time_of(std::string_view id) {
  if (!base::is_uuid(id) || id[14] != '7') return std::nullopt;
  const std::string digits = std::string(id.substr(0, 8)) + std::string(id.substr(9, 4));
  return base::Instant(std::chrono::milliseconds(std::stoll(digits, nullptr, 16)));
}

}  // namespace

void Subscription::push(const LiveEvent& event) {
  if (queue_.size() >= queue_max) {
    queue_.clear();
    queue_.push_back(resync());
  } else {
    queue_.push_back(event);
  }
  arrived_.notify();
}

io::Task<std::optional<LiveEvent>> Subscription::next(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (queue_.empty()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero() || !co_await arrived_.wait_for(left)) break;
  }
  if (queue_.empty()) co_return std::nullopt;
  LiveEvent event = std::move(queue_.front());
  queue_.pop_front();
  co_return event;
}

Events::Events(io::Executor executor, db::Database& database, const base::Clock& clock)
    : executor_(std::move(executor)), database_(database), clock_(clock), read_to_(clock.now()) {}

io::Task<> Events::publish(base::WorkspaceId workspace, json::object event) {
  const LiveEvent made = make_event(event);
  const base::Instant now = clock_.now();
  if (first_sight(made.id, now)) deliver(workspace, made);
  if (spread_) {
    spread_(json::serialize(json::object{{"workspace", workspace.value},
                                         {"id", made.id},
                                         {"at", base::to_micros(now)},
                                         {"data", made.data}}));
  }
  // One of the same words that waits says the same to whoever will read it.
  if (!waiting_data_.emplace(workspace, made.data).second) co_return;
  waiting_.push_back({.workspace = std::move(workspace), .event = made, .at = now});
  co_await write_waiting();
}

// Whoever comes while somebody writes is written next, and needs not wait for it.
io::Task<> Events::write_waiting() {
  if (std::exchange(writing_, true)) co_return;
  struct End {
    bool& writing;
    ~End() { writing = false; }
  } end{writing_};
  while (!waiting_.empty()) {
    std::vector<Unwritten> batch;
    while (!waiting_.empty() && batch.size() < written_at_once) {
      waiting_data_.erase({waiting_.front().workspace, waiting_.front().event.data});
      batch.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    const bool breathe = batch.size() >= many;
    co_await write(std::move(batch));
    if (breathe) co_await io::sleep_for(pause_of_many);
  }
}

io::Task<> Events::write(std::vector<Unwritten> events) {
  db::GivenRows given(database_.dialect(), {{"id", db::Column::text},
                                            {"workspace_id", db::Column::text},
                                            {"body", db::Column::text},
                                            {"at", db::Column::integer}});
  for (const Unwritten& each : events) {
    given.add({each.event.id, each.workspace, each.event.data, each.at});
  }
  try {
    co_await database_.execute("WITH " + given.table() +
                                   " INSERT INTO events (id, workspace_id, body, at)"
                                   " SELECT id, workspace_id, body, at FROM given",
                               given.take());
  } catch (const std::exception& error) {
    if (io::is_cancelled(error)) throw;
    lost.add({}, static_cast<double>(events.size()));
    base::log_warn("live_event_lost", {{"error.message", json::value(error.what())}});
  }
}

void Events::hear(std::string_view message) {
  if (message.size() > message_max) return;
  const auto parsed = base::parse_json(message);
  if (!parsed) return;
  const std::string id = base::text_at(*parsed, "/id");
  const std::string data = base::text_at(*parsed, "/data");
  const json::value* at = base::find(*parsed, "/at");
  const auto body = base::parse_json(data);
  if (!time_of(id) || at == nullptr || !at->is_int64() || !body || !body->is_object()) return;
  const base::Instant told = base::from_micros(at->get_int64());
  if (told < clock_.now() - overlap || told > clock_.now() + overlap) return;
  if (!first_sight(id, told)) return;
  deliver(base::WorkspaceId{base::text_at(*parsed, "/workspace")},
          {.id = id, .type = base::text_at(*body, "/type", "message"), .data = data});
}

io::Task<> Events::publish_with(db::Session& session, base::WorkspaceId workspace,
                                json::object event) {
  const LiveEvent made = make_event(event);
  co_await session.execute(
      "INSERT INTO events (id, workspace_id, body, at) VALUES ($1, $2, $3, $4)",
      {made.id, workspace, made.data, clock_.now()});
}

std::shared_ptr<Subscription> Events::subscribe(base::WorkspaceId workspace) {
  std::erase_if(subscribers_, [](const auto& entry) { return entry.second.expired(); });
  if (subscribers_.size() >= subscribers_max) return nullptr;
  // Nobody listened, so nothing was read: what happened before now is not news.
  if (subscribers_.empty()) read_to_ = clock_.now();
  auto subscription = std::make_shared<Subscription>(executor_);
  subscribers_.emplace(std::move(workspace), subscription);
  return subscription;
}

io::Task<> Events::replay(base::WorkspaceId workspace, std::string last_event_id,
                          std::shared_ptr<Subscription> into) {
  const std::optional<base::Instant> last = time_of(last_event_id);
  const base::Instant now = clock_.now();
  if (!last || *last < now - keep || *last > now + overlap) {
    into->push(resync());
    co_return;
  }
  const db::Rows rows = co_await database_.execute(
      "SELECT id, body FROM events WHERE workspace_id = $1 AND at >= $2 AND id <> $3 "
      "ORDER BY id LIMIT $4",
      {workspace, *last - overlap, last_event_id, replay_max});
  if (static_cast<std::int64_t>(rows.size()) == replay_max) {
    into->push(resync());
    co_return;
  }
  for (const db::Row& row : rows) into->push(read_event(row));
}

io::Task<> Events::run() {
  base::Instant pruned = clock_.now();
  for (;;) {
    co_await poll();
    if (clock_.now() - pruned >= prune_every) {
      co_await prune();
      pruned = clock_.now();
    }
    co_await io::sleep_for(poll_every);
  }
}

io::Task<> Events::poll() {
  std::erase_if(subscribers_, [](const auto& entry) { return entry.second.expired(); });
  if (subscribers_.empty()) co_return;
  const base::Instant since = read_to_ - overlap;
  const db::Rows rows = co_await database_.execute(
      "SELECT id, workspace_id, body, at FROM events WHERE at > $1 ORDER BY at, id LIMIT $2",
      {since, static_cast<std::int64_t>(read_max)});
  const bool too_many = rows.size() == read_max;
  for (const db::Row& row : rows) {
    const base::Instant at = row["at"].instant();
    // A clock ahead of ours must not make us skip what the others tell.
    read_to_ = std::max(read_to_, std::min(at, clock_.now()));
    if (!first_sight(row["id"].text(), at) || too_many) continue;
    deliver(row["workspace_id"].id<base::WorkspaceId>(), read_event(row));
  }
  if (too_many) {
    // A flood: cheaper for everybody to fetch what they show than to hear it all.
    read_to_ = std::max(read_to_, clock_.now());
    for (const auto& [workspace, subscriber] : subscribers_) {
      if (on_delivery_) on_delivery_(workspace);
      if (const auto alive = subscriber.lock()) alive->push(resync());
    }
  }
  forget_before(read_to_ - 2 * overlap);
}

io::Task<> Events::prune() {
  co_await database_.execute("DELETE FROM events WHERE at < $1", {clock_.now() - keep});
}

void Events::deliver(const base::WorkspaceId& workspace, const LiveEvent& event) {
  if (on_delivery_) on_delivery_(workspace);
  const auto [begin, end] = subscribers_.equal_range(workspace);
  for (auto entry = begin; entry != end; ++entry) {
    if (const auto alive = entry->second.lock()) alive->push(event);
  }
}

bool Events::first_sight(const std::string& id, base::Instant at) {
  // Without subscribers nothing is read, so nothing needs to be remembered.
  if (subscribers_.empty()) return false;
  return seen_.emplace(at, id).second;
}

void Events::forget_before(base::Instant at) {
  seen_.erase(seen_.begin(), seen_.lower_bound({at, ""}));
}

}  // namespace accounts
