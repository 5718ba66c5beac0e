// socialtrend worker: publish what is due.
#include "app/commands.h"
#include "app/modules.h"

namespace app {

int run_worker(const Settings& settings) {
  Process process(settings);
  Doors doors(process);
  Modules modules(process, doors);
  modules.add_common();
  modules.add_worker();
  return process.run();
}

}  // namespace app
