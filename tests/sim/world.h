// Everything of one simulation that no process takes along when it dies.
#pragma once

#include "base/crypto.h"
#include "connectors.h"
#include "database.h"
#include "internet.h"
#include "witness.h"

#include <vector>

namespace sim {

struct AccountPlace {
  base::WorkspaceId workspace;
  base::AccountId id;
  std::string network;
  std::string remote_id;
};

struct World {
  World(asio::io_context& loop, std::uint64_t seed, bool keep_story);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // From now on there are faults, or none any more.
  void set_faults(bool on);
  // A process with a clock of its own.
  ProcessPtr make_process(std::string name);

  Random random;
  const Weather weather;
  Scheduler scheduler;
  Story story;
  DatabaseServer database;
  Internet internet;
  Witness witness;
  base::Vault vault;
  base::UserId user;
  std::vector<base::WorkspaceId> workspaces;
  std::vector<AccountPlace> accounts;
  bool faults = false;
  // Decides whether a process survives the passing of a door; set by whoever runs processes.
  std::function<void(const ProcessPtr&)> on_door;
};

}  // namespace sim
