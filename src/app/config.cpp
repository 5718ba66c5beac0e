// socialtrend config: every setting with its value, origin and meaning.
#include "app/commands.h"
#include "base/crypto.h"

#include <fmt/format.h>

namespace app {

int run_config(const LoadedSettings& loaded) {
  for (const base::Config::Entry& entry : loaded.entries) {
    fmt::print("{}={}\n    {} ({})\n", entry.key, entry.value, entry.meaning, entry.origin);
  }
  for (const std::string& problem : loaded.problems)
    fmt::print(stderr, "socialtrend: {}\n", problem);
  return loaded.problems.empty() ? 0 : 2;
}

int run_make_key() {
  fmt::print("{}\n", base::Vault::make_key());
  return 0;
}

}  // namespace app
