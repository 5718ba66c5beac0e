// socialtrend: every role in one process.
#include "app/commands.h"
#include "app/modules.h"

namespace app {

int run_all_in_one(const Settings& settings) {
  Process process(settings);
  Doors doors(process);
  Modules modules(process, doors);
  modules.add_common();
  modules.add_backend();
  modules.add_automation();
  modules.add_worker();
  modules.add_page();
  return process.run();
}

}  // namespace app
