// Wake-ups between processes: a bell with a name that one process rings and all of them hear, so
// that work which has just become due is not found only by the next look of a timer.
//
// A hint, never the truth: a ring may be lost, come late, or come twice, and means no more than
// "look now". Whoever listens therefore has a timer as well. Ringing never blocks, fails or throws;
// rings in quick succession may become one.
//
//   auto bell = wake.on_ring("due", [this] { worker_.wake(); });   // as long as `bell` lives
//   wake.ring("due");
//
// This class alone carries rings within one process (all that SQLite needs). Doors to other
// processes override carry() and call heard() for what comes in: PostgresWake, and Redis. Not
// thread-safe: one per loop.
#pragma once

#include "io/task.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace jobs {

class Wake {
 public:
  // The longest name of a bell: letters, digits, '-', '_' and '.'.
  static constexpr std::size_t channel_max = 60;

  Wake();
  virtual ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  // Rings here at once, and in the other processes soon.
  void ring(std::string_view channel);

  // Listens until the returned bell is destroyed, which may be after this.
  class Bell;
  [[nodiscard]] std::unique_ptr<Bell> on_ring(std::string channel, std::function<void()> then);

  // Keeps the connection to the others, until it is cancelled: start it in a supervisor.
  virtual io::Task<> run();

 protected:
  // Tells the other processes; must not block or throw.
  virtual void carry(std::string_view channel);
  // Another process rang.
  void heard(std::string_view channel);
  bool has_listeners() const;
  // Rings may have been missed (a lost connection stands again): everybody looks.
  void heard_all();

 private:
  struct Listeners;
  std::shared_ptr<Listeners> listeners_;  // shared with the bells, which may outlive this
};

class Wake::Bell {
 public:
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

 private:
  friend class Wake;
  Bell(std::shared_ptr<Listeners> listeners, std::uint64_t id);

  std::shared_ptr<Listeners> listeners_;
  std::uint64_t id_;
};

}  // namespace jobs
