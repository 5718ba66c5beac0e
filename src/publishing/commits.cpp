#include "publishing/commits.h"

#include "base/error.h"

#include <set>

namespace publishing {

Commits::Commits(io::Executor executor, io::Supervisor& supervisor, Store& store)
    : executor_(std::move(executor)), supervisor_(supervisor), store_(store) {}

io::Task<bool> Commits::apply(Change change) {
  if (supervisor_.stopping()) throw base::Unavailable("the worker is stopping");
  auto pending = std::make_shared<Pending>(executor_, std::move(change));
  queue_.push_back(pending);
  if (!draining_) {
    draining_ = true;
    supervisor_.start_once("publishing.commit", [this] { return drain(); });
  }
  while (!pending->made && !pending->error) co_await pending->done.wait();
  if (pending->error) std::rethrow_exception(pending->error);
  co_return *pending->made;
}

io::Task<> Commits::drain() {
  // However this ends, nobody may be left waiting.
  struct End {
    Commits& self;
    ~End() {
      self.draining_ = false;
      for (auto& pending : std::exchange(self.queue_, {})) {
        pending->error = std::make_exception_ptr(base::Unavailable("the worker is stopping"));
        pending->done.notify();
      }
    }
  } end{*this};
  while (!queue_.empty()) co_await commit(take());
}

// One target at most once in a batch: its second change is judged after its first.
Commits::Batch Commits::take() {
  Batch batch;
  std::set<base::TargetId> seen;
  while (!queue_.empty() && batch.size() < batch_max &&
         seen.insert(queue_.front()->change.work.id).second) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

io::Task<> Commits::commit(Batch batch) {
  struct End {
    Batch& batch;
    ~End() {
      for (auto& pending : batch) {
        if (!pending->made && !pending->error) {
          pending->error = std::make_exception_ptr(base::Unavailable("the worker is stopping"));
        }
        pending->done.notify();
      }
    }
  } end{batch};
  std::vector<Change> changes;
  for (auto& pending : batch) changes.push_back(pending->change);
  std::exception_ptr error;
  std::vector<bool> made;
  try {
    made = co_await store_.apply(std::move(changes));
  } catch (...) {
    error = std::current_exception();
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
