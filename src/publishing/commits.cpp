#include "publishing/commits.h"

#include "base/error.h"

namespace publishing {

Commits::Commits(io::Executor executor, io::Supervisor& supervisor, Store& store)
    : executor_(std::move(executor)), supervisor_(supervisor), store_(store) {}

io::Task<bool> Commits::apply(std::shared_ptr<const Change> change) {
  if (supervisor_.stopping()) throw base::Unavailable("the worker is stopping");
  auto pending = std::make_shared<Pending>(std::move(change));
  pending->done.emplace(executor_);
  enqueue(pending);
  while (!pending->made && !pending->error) co_await pending->done->wait();
  if (pending->error) std::rethrow_exception(pending->error);
  co_return *pending->made;
}

void Commits::apply_then(std::shared_ptr<const Change> change, Then then) {
  if (supervisor_.stopping()) return;
  auto pending = std::make_shared<Pending>(std::move(change));
  pending->then = std::move(then);
  enqueue(std::move(pending));
}

void Commits::enqueue(std::shared_ptr<Pending> pending) {
  queue_.push_back(std::move(pending));
  start_drain();
}

bool Commits::may_begin() const {
  return draining_ == 0 ? !queue_.empty()
                        : draining_ < at_once && queue_.size() >= batch_min_beside;
}

void Commits::start_drain() {
  if (!may_begin()) return;
  ++draining_;
  supervisor_.start_once("publishing.commit", [this] { return drain(); });
}

io::Task<> Commits::drain() {
  // However this ends, nobody may be left waiting.
  struct End {
    Commits& self;
    ~End() {
      if (--self.draining_ > 0) return;
      for (auto& pending : std::exchange(self.queue_, {})) {
        pending->error = std::make_exception_ptr(base::Unavailable("the worker is stopping"));
        pending->end();
      }
    }
  } end{*this};
  do {
    // Those that are about to ask come along: all that can run now runs before this goes on.
    co_await io::yield();
    Batch batch = take();
    // What is left waits for a change of the same target, whose transaction will take it up.
    if (batch.empty()) co_return;
    co_await commit(std::move(batch));
  } while (draining_ == 1 ? !queue_.empty() : queue_.size() >= batch_min_beside);
}

// One target at most once at a time: its second change is judged after its first.
Commits::Batch Commits::take() {
  Batch batch;
  while (!queue_.empty() && batch.size() < batch_max &&
         under_way_.insert(queue_.front()->change->work.id).second) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

io::Task<> Commits::commit(Batch batch) {
  struct End {
    Commits& self;
    Batch& batch;
    ~End() {
      for (auto& pending : batch) {
        self.under_way_.erase(pending->change->work.id);
        if (!pending->made && !pending->error) {
          pending->error = std::make_exception_ptr(base::Unavailable("the worker is stopping"));
        }
        pending->end();
      }
    }
  };
  {
    const End end{*this, batch};
    co_await carry_out(batch);
  }
  // Only here: while a loop is taken down, nobody begins anything.
  for (auto& pending : batch) {
    if (auto then = std::exchange(pending->then, nullptr)) then(pending->made);
  }
}

// What the database refuses, it refuses for the sake of one change, or of a deadlock: in halves,
// the others get through.
io::Task<> Commits::carry_out(Batch batch) {
  Changes changes;
  changes.reserve(batch.size());
  for (auto& pending : batch) changes.push_back(pending->change);
  std::exception_ptr error;
  bool refused = false;
  std::vector<bool> made;
  try {
    made = co_await store_.apply(std::move(changes));
  } catch (const db::DatabaseError&) {
    error = std::current_exception();
    refused = true;
  } catch (...) {
    error = std::current_exception();
  }
  if (refused && batch.size() > 1) {
    const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
    co_await carry_out(Batch(batch.begin(), middle));
    co_await carry_out(Batch(middle, batch.end()));
    co_return;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (error) {
      batch[i]->error = error;
    } else {
      batch[i]->made = made[i];
    }
  }
}

}  // namespace publishing
