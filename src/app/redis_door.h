// Redis between the processes of one installation: wake-ups and live events, at once instead of at
// the next look of a timer. Only that: what must last is in the database, and without Redis (or
// while it is away) everything works, a little later.
//
// Channels are PREFIX:wake and PREFIX:events; each message begins with the process that sent it,
// which ignores its own.
#pragma once

#include "io/task.h"
#include "jobs/wake.h"
#include "redis/client.h"
#include "redis/subscriber.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace app {

class RedisDoor {
 public:
  // `process`: a name that no other process has.
  RedisDoor(io::Executor executor, redis::Endpoint endpoint, std::string prefix,
            std::string process);
  RedisDoor(const RedisDoor&) = delete;
  RedisDoor& operator=(const RedisDoor&) = delete;

  jobs::Wake& wake() { return wake_; }
  // Tells the subscribers of the other processes; never blocks or throws.
  void spread(const std::string& event);
  void on_event(std::function<void(std::string_view event)> then) { on_event_ = std::move(then); }

  // Keeps both connections, until it is cancelled: one supervised task.
  io::Task<> run();

  // For people: empty while all is well.
  std::string trouble() const;

 private:
  class RedisWake final : public jobs::Wake {
   public:
    explicit RedisWake(RedisDoor& door) : door_(door) {}
    io::Task<> run() override { return door_.run(); }
    void take(std::string_view channel) { heard(channel); }
    void take_all() { heard_all(); }

   private:
    void carry(std::string_view channel) override;

    RedisDoor& door_;
  };

  void publish(const std::string& channel, std::string_view message);
  // The message behind the sender's name; nothing for our own.
  std::optional<std::string_view> from_others(std::string_view message) const;
  void hear_ring(std::string_view message);

  const std::string wake_channel_;
  const std::string events_channel_;
  const std::string process_;
  redis::Client client_;
  redis::Subscriber subscriber_;
  RedisWake wake_;
  std::function<void(std::string_view)> on_event_;
};

}  // namespace app
