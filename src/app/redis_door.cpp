#include "app/redis_door.h"

namespace app {

using namespace asio::experimental::awaitable_operators;

RedisDoor::RedisDoor(io::Executor executor, redis::Endpoint endpoint, std::string prefix,
                     std::string process)
    : wake_channel_(prefix + ":wake"),
      events_channel_(prefix + ":events"),
      process_(std::move(process)),
      client_(executor, {.connection = {.endpoint = endpoint}}),
      subscriber_({.connection = {.endpoint = endpoint}}),
      wake_(*this) {
  subscriber_.on(wake_channel_, [this](const std::string& message) { hear_ring(message); });
  subscriber_.on(events_channel_, [this](const std::string& message) {
    const auto event = from_others(message);
    if (event && on_event_) on_event_(*event);
  });
  // Events that were missed are in the table; rings are not, so everybody looks.
  subscriber_.on_connected([this] { wake_.take_all(); });
}

void RedisDoor::publish(const std::string& channel, std::string_view message) {
  client_.tell({"PUBLISH", channel, fmt::format("{} {}", process_, message)});
}

void RedisDoor::spread(const std::string& event) { publish(events_channel_, event); }

void RedisDoor::RedisWake::carry(std::string_view channel) {
  door_.publish(door_.wake_channel_, channel);
}

std::optional<std::string_view> RedisDoor::from_others(std::string_view message) const {
  const std::size_t space = message.find(' ');
  if (space == std::string_view::npos || message.substr(0, space) == process_) return std::nullopt;
  return message.substr(space + 1);
}

void RedisDoor::hear_ring(std::string_view message) {
  if (const auto channel = from_others(message)) wake_.take(*channel);
}

io::Task<> RedisDoor::run() { co_await (client_.run() && subscriber_.run()); }

std::string RedisDoor::trouble() const {
  if (client_.connected() && subscriber_.connected()) return "";
  return client_.failure().empty() ? "not connected yet" : client_.failure();
}

}  // namespace app
