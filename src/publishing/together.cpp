// What targets need that were claimed together, read in one statement each, and the one timer of
// all that wait for the same instant.
#include "publishing/together.h"

#include "publishing/guarded.h"

namespace publishing {

// A failure here is none yet: each flight asks again for itself.
io::Task<Worker::Together> Worker::read_together(std::vector<Work> works) {
  Together together;
  std::vector<Work> to_freeze;
  std::map<base::AccountId, base::WorkspaceId> accounts;
  std::vector<base::PostId> posts;
  for (const Work& work : works) {
    if (posts.empty() || posts.back() != work.post) posts.push_back(work.post);
    if (!work.attempt) to_freeze.push_back(work);
    accounts.emplace(work.account, work.workspace);
  }
  if (works.empty()) co_return together;
  if (auto texts = co_await guarded(store_.texts(std::move(to_freeze)))) {
    together.texts = std::move(*texts);
  }
  if (auto opened = co_await guarded(doors_.accounts->open_all(std::move(accounts)))) {
    together.accounts = std::move(*opened);
  }
  if (!doors_.freshness) {
    together.guarded.emplace();
  } else if (auto found = co_await guarded(doors_.freshness->guarded(std::move(posts)))) {
    together.guarded = std::move(*found);
  }
  co_return together;
}

void Worker::Together::hand_over(Flight& flight) {
  if (auto text = texts.extract(flight.work.id)) {
    flight.text = std::make_unique<Store::Text>(std::move(text.mapped()));
  }
  if (guarded) flight.guarded = guarded->contains(flight.work.post);
  if (auto found = accounts.find(flight.work.account); found != accounts.end()) {
    flight.opened = std::make_unique<OpenedAccount>(found->second);
  }
}

io::Task<> Worker::await_time(base::Instant instant) {
  while (now() < instant && !stopping_) {
    auto& called = instants_[instant];
    if (!called) {
      called = std::make_shared<io::Event>(executor_);
      supervisor_.start_once("publishing.instant", [this, instant] { return call_at(instant); });
    }
    const std::shared_ptr<io::Event> event = called;
    co_await event->wait();
  }
}

io::Task<> Worker::call_at(base::Instant instant) {
  // However this ends, nobody waits for a timer that is gone.
  struct Call {
    Worker& self;
    base::Instant instant;
    ~Call() {
      if (auto called = self.instants_.extract(instant)) called.mapped()->notify();
    }
  } call{*this, instant};
  if (now() < instant && !stopping_) co_await pause(instant - now(), stop_event_);
}

}  // namespace publishing
