#include "convert/sandbox.h"

#include <csignal>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace convert {

namespace {

constexpr rlim_t memory_max = rlim_t{2} << 30;  // of addresses; a hundred megapixels need a third
constexpr rlim_t processor_seconds_max = 25;
constexpr rlim_t output_max = rlim_t{64} << 20;
constexpr rlim_t files_max = STDERR_FILENO + 1;  // the three that are open: no file, no socket more

bool limit(__rlimit_resource_t resource, rlim_t value) {
  const struct rlimit both{.rlim_cur = value, .rlim_max = value};
  return ::setrlimit(resource, &both) == 0;
}

}  // namespace

bool enter_sandbox() {
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         limit(RLIMIT_CORE, 0) && limit(RLIMIT_AS, memory_max) &&
         limit(RLIMIT_CPU, processor_seconds_max) && limit(RLIMIT_FSIZE, output_max) &&
         limit(RLIMIT_NOFILE, files_max);
}

}  // namespace convert
