// Group commit: changes of many targets that come in while a transaction is under way go into the
// next one together. A burst then costs a few commits instead of thousands; a lone change is
// committed at once.
//
// apply() throws what the transaction threw: the change may or may not have happened then.
// Not thread-safe: one per loop.
#pragma once

#include "io/task.h"
#include "publishing/store.h"

#include <deque>
#include <exception>
#include <memory>
#include <optional>

namespace publishing {

class Commits {
 public:
  static constexpr std::size_t batch_max = 128;

  // `supervisor` runs the transactions; both outlive this.
  Commits(io::Executor executor, io::Supervisor& supervisor, Store& store);

  // False: somebody else was faster, or the lease was lost; nothing was written.
  io::Task<bool> apply(Change change);

 private:
  struct Pending {
    Pending(const io::Executor& executor, Change wanted)
        : change(std::move(wanted)), done(executor) {}
    Change change;
    std::optional<bool> made;
    std::exception_ptr error;
    io::Event done;
  };
  using Batch = std::vector<std::shared_ptr<Pending>>;

  io::Task<> drain();
  io::Task<> commit(Batch batch);
  Batch take();

  io::Executor executor_;
  io::Supervisor& supervisor_;
  Store& store_;
  std::deque<std::shared_ptr<Pending>> queue_;
  bool draining_ = false;
};

}  // namespace publishing
