#include "http/stall_guard.h"

#include "base/check.h"
#include "base/log.h"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>
#include <unistd.h>

#include <sys/socket.h>

namespace http::stall_guard {
namespace {

// All that the handler touches; its thread alone does.
thread_local volatile std::sig_atomic_t guarded_socket = -1;
thread_local volatile std::sig_atomic_t cut = 0;

void shut_down(int) {
  const int kept = errno;
  if (guarded_socket >= 0) {
    shutdown(guarded_socket, SHUT_RDWR);
    cut = 1;
  }
  errno = kept;
}

void install_handler() {
  struct sigaction action = {};
  action.sa_handler = shut_down;
  action.sa_flags = SA_RESTART;
  CHECK(sigaction(signal_number(), &action, nullptr) == 0);
}

// The thread's own timer.
class Timer {
 public:
  Timer() {
    [[maybe_unused]] static const bool installed = (install_handler(), true);
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signal_number();
    event._sigev_un._tid = gettid();
    // The first clock goes on while the machine sleeps; some sandboxes know only the other one.
    exists_ = timer_create(CLOCK_BOOTTIME, &event, &timer_) == 0 ||
              timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
    if (!exists_) {
      base::log_warn("stall_guard_missing",
                     {{"error.message", std::system_category().message(errno)}});
    }
  }
  ~Timer() {
    if (exists_) timer_delete(timer_);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void set(std::chrono::milliseconds time) {
    if (!exists_) return;
    itimerspec when = {};
    when.it_value.tv_sec = time.count() / 1000;
    when.it_value.tv_nsec = time.count() % 1000 * 1'000'000;
    CHECK(timer_settime(timer_, 0, &when, nullptr) == 0);
  }

 private:
  timer_t timer_ = {};
  bool exists_ = false;
};

Timer& timer() {
  thread_local Timer own;
  return own;
}

}  // namespace

void arm(int socket, std::chrono::milliseconds limit) {
  cut = 0;
  guarded_socket = socket;
  timer().set(limit);
}

void disarm() {
  if (guarded_socket < 0) return;
  guarded_socket = -1;  // first: what has left by now is not to be cut
  timer().set(std::chrono::milliseconds(0));
}

bool has_cut() { return cut != 0; }

int signal_number() { return SIGRTMIN + 1; }

}  // namespace http::stall_guard
