// socialtrend frontend: serves the page. It needs no database.
#include "app/commands.h"
#include "app/page.h"
#include "app/process.h"

namespace app {

int run_frontend(const Settings& settings) {
  Process process(settings);
  process.router->fallback(page());
  return process.run();
}

}  // namespace app
