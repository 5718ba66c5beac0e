#include "db/postgres_pool.h"

#include "base/error.h"
#include "base/log.h"
#include "db/instruments.h"

namespace db::postgres {
namespace {

constexpr std::size_t pipeline_max = 32;  // statements under way on one shared connection
constexpr std::chrono::milliseconds pause_min{50};
constexpr std::chrono::milliseconds pause_max{2'000};
constexpr std::chrono::seconds close_grace{2};

std::exception_ptr unavailable(const std::string& reason) {
  return std::make_exception_ptr(base::Unavailable(reason));
}

// Says that a waiter has left, on every way out but the good one.
struct OnAbandon {
  Pool& pool;
  bool armed = true;
  ~OnAbandon() {
    if (armed) pool.look_for_abandoned();
  }
};

}  // namespace

Pool::Lease::Lease(std::shared_ptr<Pool> pool, std::shared_ptr<Slot> slot)
    : pool_(std::move(pool)), slot_(std::move(slot)) {}

Pool::Lease::~Lease() { pool_->give_back(slot_, begun && !ended); }

bool Pool::Waiter::abandoned() const {
  return request ? request->completion->abandoned() : lease->abandoned();
}

void Pool::Waiter::fail(const std::exception_ptr& error) const {
  if (request) {
    request->completion->fail(error);
  } else {
    lease->fail(error);
  }
}

Pool::Pool(io::Executor executor, Options options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      name_(masked_url(options_.url)),
      pause_(pause_min),
      retry_(executor_),
      emptied_(executor_) {}

Pool::~Pool() { shut_down(); }

io::Task<Rows> Pool::run_single(std::shared_ptr<Pool> self, RequestPtr request) {
  if (self->closed_) throw base::Unavailable("the database is closed");
  const std::shared_ptr<Completion<Rows>> completion = request->completion;
  self->waiters_.push_back({.request = std::move(request), .lease = nullptr});
  self->dispatch();

  OnAbandon on_abandon{*self};
  std::optional<Rows> rows = co_await Completion<Rows>::wait_until(
      completion, Clock::now() + self->options_.acquire_timeout);
  on_abandon.armed = false;
  if (rows) co_return std::move(*rows);

  // Still waiting for a connection, or at work by now?
  const auto waits =
      std::find_if(self->waiters_.begin(), self->waiters_.end(), [&](const Waiter& waiter) {
        return waiter.request && waiter.request->completion == completion;
      });
  if (waits != self->waiters_.end()) {
    self->waiters_.erase(waits);
    self->dispatch();
    std::rethrow_exception(self->exhausted());
  }
  on_abandon.armed = true;
  Rows late = co_await Completion<Rows>::wait(completion);
  on_abandon.armed = false;
  co_return late;
}

io::Task<Pool::LeasePtr> Pool::lease(std::shared_ptr<Pool> self) {
  if (self->closed_) throw base::Unavailable("the database is closed");
  auto completion = std::make_shared<Completion<LeasePtr>>(self->executor_);
  self->waiters_.push_back({.request = nullptr, .lease = completion});
  self->dispatch();

  OnAbandon on_abandon{*self};
  std::optional<LeasePtr> lease = co_await Completion<LeasePtr>::wait_until(
      completion, Clock::now() + self->options_.acquire_timeout);
  on_abandon.armed = false;
  if (lease) co_return std::move(*lease);
  std::erase_if(self->waiters_, [&](const Waiter& waiter) { return waiter.lease == completion; });
  self->dispatch();
  std::rethrow_exception(self->exhausted());
}

std::exception_ptr Pool::exhausted() const {
  if (!connect_failure_.empty()) {
    return unavailable(fmt::format("cannot reach {}: {}", name_, connect_failure_));
  }
  return unavailable(fmt::format("{}: no connection was free in time (pool exhausted)", name_));
}

void Pool::look_for_abandoned() {
  for (const std::shared_ptr<Slot>& slot : slots_) slot->connection->look_for_abandoned();
  dispatch();
}

void Pool::on_progress() { dispatch(); }

void Pool::on_lost(Connection& connection) {
  const auto lost = std::erase_if(
      slots_, [&](const auto& slot) { return slot->connection.get() == &connection; });
  if (lost > 0 && !closed_) {
    base::log_warn("postgres_connection_lost",
                   {{"error.message", boost::json::string(connection.lost_because())}});
  }
  dispatch();
}

// Everything that can be served is; the rest makes the pool grow or waits.
void Pool::dispatch() {
  settle_returned();
  std::erase_if(waiters_, [](const Waiter& waiter) { return waiter.abandoned(); });
  reserve();
  bool single_served = true;
  bool lease_served = true;
  for (auto waiter = waiters_.begin();
       waiter != waiters_.end() && (single_served || lease_served);) {
    bool& possible = waiter->request ? single_served : lease_served;
    possible = possible && serve(*waiter);
    waiter = possible ? waiters_.erase(waiter) : waiter + 1;
  }
  if (!closed_) grow();
  const PoolState now = state();
  report_pool(reported_, now);
  if (now.in_use == 0) emptied_.notify();
}

bool Pool::serve(Waiter& waiter) {
  if (waiter.request) {
    const std::shared_ptr<Slot> slot = least_loaded();
    if (slot) slot->connection->send(std::move(waiter.request));
    return slot != nullptr;
  }
  const std::shared_ptr<Slot> slot = idle_slot();
  if (!slot) return false;
  slot->leased = true;
  slot->reserved = false;
  waiter.lease->set(std::make_unique<Lease>(shared_from_this(), slot));
  return true;
}

// Connections that transactions gave back, once their roll-back is answered.
void Pool::settle_returned() {
  for (const std::shared_ptr<Slot>& slot : slots_) {
    Connection& connection = *slot->connection;
    if (!slot->draining || connection.in_flight() > 0) continue;
    slot->draining = false;
    slot->leased = false;
    if (connection.alive() && !connection.outside_transaction()) {
      connection.abort("the transaction could not be rolled back");
    }
  }
}

// As many shared connections as transactions wait stop taking statements, so that they run empty.
void Pool::reserve() {
  auto wanted = static_cast<std::size_t>(
      std::count_if(waiters_.begin(), waiters_.end(),
                    [](const Waiter& waiter) { return waiter.lease != nullptr; }));
  for (const std::shared_ptr<Slot>& slot : slots_) {
    slot->reserved = slot->reserved && !slot->leased && wanted > 0;
    if (slot->reserved) --wanted;
  }
  for (; wanted > 0; --wanted) {
    const std::shared_ptr<Slot> slot = least_loaded();
    if (!slot) return;
    slot->reserved = true;
  }
}

std::shared_ptr<Pool::Slot> Pool::idle_slot() const {
  for (const std::shared_ptr<Slot>& slot : slots_) {
    const Connection& connection = *slot->connection;
    if (!slot->leased && connection.accepts() && connection.in_flight() == 0) return slot;
  }
  return nullptr;
}

std::shared_ptr<Pool::Slot> Pool::least_loaded() const {
  std::shared_ptr<Slot> best;
  std::size_t load = pipeline_max;
  for (const std::shared_ptr<Slot>& slot : slots_) {
    if (slot->leased || slot->reserved || !slot->connection->accepts()) continue;
    if (slot->connection->in_flight() >= load) continue;
    best = slot;
    load = slot->connection->in_flight();
  }
  return best;
}

void Pool::give_back(const std::shared_ptr<Slot>& slot, bool in_transaction) {
  Connection& connection = *slot->connection;
  slot->draining = true;
  connection.look_for_abandoned();
  if (in_transaction && connection.alive()) {
    auto request = std::make_unique<Request>(Request{.kind = Request::Kind::inside});
    request->statements.push_back({.sql = "ROLLBACK", .params = {}});
    connection.send(std::move(request));
  }
  // Not from here: a lease may be destroyed while the pool serves its waiters.
  asio::post(executor_, [weak = weak_from_this()] {
    if (const std::shared_ptr<Pool> self = weak.lock()) self->dispatch();
  });
}

// How many connections the present work could use.
std::size_t Pool::wanted() const {
  std::size_t busy = 0;
  std::size_t queued = waiters_.size();
  for (const std::shared_ptr<Slot>& slot : slots_) {
    const std::size_t load = slot->connection->in_flight();
    if (slot->leased || load > 0) ++busy;
    if (!slot->leased && load > 1) queued += load - 1;
  }
  return busy + queued;
}

void Pool::grow() {
  if (connector_ || slots_.size() >= options_.pool_size || wanted() <= slots_.size()) return;
  if (Clock::now() < next_try_) return retry_later();
  connector_ = std::make_shared<Connector>(executor_, options_.url, options_.acquire_timeout,
                                           [weak = weak_from_this()](ConnectOutcome outcome) {
                                             if (const std::shared_ptr<Pool> self = weak.lock())
                                               self->on_connected(std::move(outcome));
                                           });
  connector_->start();
}

void Pool::on_connected(ConnectOutcome outcome) {
  connector_.reset();
  if (closed_) return;
  if (outcome.handle) {
    connect_failure_.clear();
    pause_ = pause_min;
    auto connection = std::make_shared<Connection>(executor_, std::move(outcome.handle),
                                                   options_.statement_timeout, weak_from_this());
    slots_.push_back(std::make_shared<Slot>(Slot{.connection = connection}));
    connection->start();
    return dispatch();
  }
  connect_failure_ = outcome.reason;
  next_try_ = Clock::now() + pause_;
  pause_ = std::min(pause_ * 2, pause_max);
  if (outcome.will_not_pass && slots_.empty()) {
    fail_waiting(fmt::format("cannot reach {}: {}", name_, outcome.reason));
  }
  dispatch();
}

void Pool::retry_later() {
  retry_.expires_at(next_try_);
  retry_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const std::shared_ptr<Pool> self = weak.lock();
    if (!error && self) self->dispatch();
  });
}

void Pool::fail_waiting(const std::string& reason) {
  for (const Waiter& waiter : std::exchange(waiters_, {})) waiter.fail(unavailable(reason));
}

PoolState Pool::state() const {
  const auto in_use = std::count_if(slots_.begin(), slots_.end(), [](const auto& slot) {
    return slot->leased || slot->connection->in_flight() > 0;
  });
  return {.size = static_cast<std::int64_t>(slots_.size()),
          .in_use = in_use,
          .waiting = static_cast<std::int64_t>(waiters_.size())};
}

io::Task<> Pool::close(std::shared_ptr<Pool> self) {
  self->closed_ = true;
  self->fail_waiting("the database is closed");
  const Clock::time_point give_up = Clock::now() + close_grace;
  while (self->state().in_use > 0 && Clock::now() < give_up) {
    co_await self->emptied_.wait_for(give_up - Clock::now());
  }
  self->shut_down();
}

void Pool::shut_down() {
  closed_ = true;
  retry_.cancel();
  if (connector_) connector_->cancel();
  connector_.reset();
  fail_waiting("the database is closed");
  for (const std::shared_ptr<Slot>& slot : std::exchange(slots_, {})) {
    slot->connection->abort("the database is closed");
  }
  report_pool(reported_, {});
}

}  // namespace db::postgres
