// The workers: production's, each a process with doors of its own, that crash, freeze, are stopped
// and started again.
#pragma once

#include "accounts/accounts.h"
#include "jobs/leases.h"
#include "publishing/account_door.h"
#include "publishing/renewals.h"
#include "publishing/worker.h"
#include "world.h"

#include <memory>
#include <vector>

namespace sim {

class Fleet {
 public:
  explicit Fleet(World& world);
  ~Fleet();

  // So many workers live from now on, whatever becomes of each.
  void start(int count);
  // A worker somewhere is told to stop, and another one takes its place.
  void stop_one();
  // A clock somewhere is set.
  void jump_a_clock();
  // Something became due: those who are awake look.
  void wake();
  // All are gone, and nothing of them is left.
  io::Task<> leave();

 private:
  struct Member;
  void start_one();
  void door(const ProcessPtr& process);
  void crash(const ProcessPtr& process);
  void freeze(const ProcessPtr& process);
  io::Task<> bury(std::shared_ptr<Member> member);
  io::Task<> retire(std::shared_ptr<Member> member);
  std::shared_ptr<Member> some_living();

  World& world_;
  std::vector<std::shared_ptr<Member>> members_;  // the dead too: somebody may still hold them
  int started_ = 0;
  bool over_ = false;
  io::Supervisor supervisor_;
};

}  // namespace sim
