// socialtrend automation: read the sources, detect trends, write captions.
#include "app/commands.h"
#include "app/modules.h"

namespace app {

int run_automation(const Settings& settings) {
  Process process(settings);
  Doors doors(process);
  Modules modules(process, doors);
  modules.add_common();
  modules.add_automation();
  modules.add_tokens();
  return process.run();
}

}  // namespace app
