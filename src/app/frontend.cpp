// socialtrend frontend: serves the page. It needs no database.
#include "app/assets.h"
#include "app/commands.h"
#include "app/process.h"
#include "http/static_files.h"

namespace app {

int run_frontend(const Settings& settings) {
  Process process(settings);
  process.router->fallback(http::static_files(embedded_page()));
  return process.run();
}

}  // namespace app
