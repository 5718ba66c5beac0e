// Of the worker: what was read for targets that were claimed together.
#pragma once

#include "publishing/worker.h"

namespace publishing {

struct Worker::Together {
  std::map<base::TargetId, Store::Text> texts;
  std::map<base::AccountId, OpenedAccount> accounts;
  std::optional<std::set<base::PostId>> guarded;
  // What is missing the flight reads for itself.
  void hand_over(Flight& flight);
};

}  // namespace publishing
