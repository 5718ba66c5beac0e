// socialtrend backend: serve the REST API and live events.
#include "app/commands.h"
#include "app/modules.h"

namespace app {

int run_backend(const Settings& settings) {
  Process process(settings);
  Doors doors(process);
  Modules modules(process, doors);
  modules.add_common();
  modules.add_backend();
  return process.run();
}

}  // namespace app
