#include "own_world.h"

#include "base/check.h"
#include "base/log.h"
#include "random.h"

#include <cerrno>
#include <chrono>
#include <ctime>
#include <sodium.h>

namespace {

std::chrono::microseconds now_since_epoch{std::chrono::hours{24 * 365}};
sim::Random* random_bytes = nullptr;
std::function<void(std::string)> log_listener;

std::uint32_t random_word() {
  CHECK(random_bytes != nullptr);
  return static_cast<std::uint32_t>(random_bytes->next());
}

void random_buffer(void* bytes, std::size_t count) {
  auto* out = static_cast<unsigned char*>(bytes);
  for (std::size_t i = 0; i < count; i += 8) {
    std::uint64_t word = random_bytes->next();
    for (std::size_t j = i; j < std::min(count, i + 8); ++j, word >>= 8) {
      out[j] = static_cast<unsigned char>(word);
    }
  }
}

}  // namespace

// NOLINTBEGIN(cert-dcl58-cpp): it is the point of this file to define what the library declares.
std::chrono::system_clock::time_point std::chrono::system_clock::now() noexcept {
  return time_point{now_since_epoch};
}
std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
  return time_point{now_since_epoch};
}
// NOLINTEND(cert-dcl58-cpp)

// Without the kernel's timers Asio asks the steady clock which timers are over.
extern "C" int timerfd_create(int, int) noexcept {
  errno = ENOSYS;
  return -1;
}

namespace base {

void start_logging(LogLevel, LogFormat, std::string_view) {}
bool log_enabled(LogLevel) { return log_listener != nullptr; }
void log(LogLevel, std::string_view event, LogFields fields) {
  if (!log_listener) return;
  std::string line(event);
  for (const LogField& field : fields) {
    line += " " + std::string(field.name) + "=" + boost::json::serialize(field.value);
  }
  log_listener(std::move(line));
}

}  // namespace base

namespace sim {

void set_time(base::Instant now) { now_since_epoch = now.time_since_epoch(); }

void set_random_bytes(Random& random) {
  static randombytes_implementation simulated{.implementation_name = [] { return "simulated"; },
                                              .random = random_word,
                                              .stir = nullptr,
                                              .uniform = nullptr,
                                              .buf = random_buffer,
                                              .close = nullptr};
  random_bytes = &random;
  CHECK(randombytes_set_implementation(&simulated) == 0);
  CHECK(sodium_init() >= 0);
}

void set_log(std::function<void(std::string)> listener) { log_listener = std::move(listener); }

double real_seconds() {
  std::timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace sim
