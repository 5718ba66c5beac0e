// Group commit: changes of many targets that come in while a transaction is under way go into the
// next one together. A burst then costs a few commits instead of thousands; a lone change is
// committed at once. Once many wait, a second transaction goes beside the first, so that neither
// the database nor this process waits for the other; two changes of one target never overlap.
//
// apply() throws what the transaction threw: the change may or may not have happened then.
// Not thread-safe: one per loop.
#pragma once

#include "io/task.h"
#include "publishing/store.h"

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>

namespace publishing {

class Commits {
 public:
  static constexpr std::size_t batch_max = 500;
  static constexpr std::size_t batch_min_beside = 200;  // that many must wait for a further one
  static constexpr std::size_t at_once = 3;

  // `supervisor` runs the transactions; both outlive this.
  Commits(io::Executor executor, io::Supervisor& supervisor, Store& store);

  // False: somebody else was faster, or the lease was lost; nothing was written.
  io::Task<bool> apply(std::shared_ptr<const Change> change);

  // The same without anybody who waits, for thousands may be under way. Told what apply() answers,
  // nothing where it throws; not told at all when the worker is stopped before that.
  using Then = std::function<void(std::optional<bool>)>;
  void apply_then(std::shared_ptr<const Change> change, Then then);

 private:
  struct Pending {
    explicit Pending(std::shared_ptr<const Change> wanted) : change(std::move(wanted)) {}
    std::shared_ptr<const Change> change;
    std::optional<bool> made;
    std::exception_ptr error;
    std::optional<io::Event> done;  // of one of the two
    Then then;
    void end() {
      if (done) done->notify();
    }
  };
  using Batch = std::vector<std::shared_ptr<Pending>>;

  void enqueue(std::shared_ptr<Pending> pending);
  void start_drain();
  io::Task<> drain();
  io::Task<> commit(Batch batch);
  io::Task<> carry_out(Batch batch);
  Batch take();
  bool may_begin() const;

  io::Executor executor_;
  io::Supervisor& supervisor_;
  Store& store_;
  std::deque<std::shared_ptr<Pending>> queue_;
  std::unordered_set<base::TargetId> under_way_;
  std::size_t draining_ = 0;
};

}  // namespace publishing
