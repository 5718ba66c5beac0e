// The subcommands, one file each. A command returns the exit code: 0 done, 1 failed.
#pragma once

#include "app/settings.h"

#include <cstdint>
#include <string>
#include <vector>

namespace app {

// Roles: serve until a signal.
int run_all_in_one(const Settings& settings);
int run_backend(const Settings& settings);
int run_automation(const Settings& settings);
int run_worker(const Settings& settings);
int run_frontend(const Settings& settings);

// One-shot commands.
int run_migrate(const Settings& settings);
// `addresses` of running processes to look at; none: those of this machine at the usual ports.
int run_doctor(const LoadedSettings& loaded, const std::vector<std::string>& addresses);
int run_config(const LoadedSettings& loaded);
int run_make_key();
// The embedded database and its media into a new folder while it runs, and back.
int run_backup(const Settings& settings, std::string folder);
int run_restore(const Settings& settings, std::string folder, bool replace);
// Asks a running process whether it has come up; for containers without a shell.
int run_healthcheck(const Settings& settings, std::string url);

// Doubles of the networks on this machine, until a signal. docs/rehearse.md
struct RehearseOptions {
  std::uint16_t port = 8700;
  std::vector<std::string> networks;
  std::string faults;
  bool rate_limits = true;
  bool json = false;
};
int run_rehearse(const RehearseOptions& options);

}  // namespace app
