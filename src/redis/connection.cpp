#include "redis/connection.h"

#include "base/metrics.h"

#include <random>

namespace redis {
namespace {

using namespace asio::experimental::awaitable_operators;

metrics::Gauge connected_gauge{
    "redis_connected", "Is Redis connected (1) or away (0)?", {"connection"}};

io::Task<Opened> open_in_time(Endpoint endpoint, SteadyTime deadline) {
  auto opened = co_await (open_transport(std::move(endpoint), deadline) ||
                          io::sleep_for(deadline - std::chrono::steady_clock::now()));
  if (opened.index() == 1) co_return std::unexpected("no connection in time");
  co_return std::get<0>(std::move(opened));
}

std::vector<std::vector<std::string>> greeting_of(const Endpoint& endpoint) {
  std::vector<std::vector<std::string>> commands;
  if (!endpoint.user.empty()) {
    commands.push_back({"AUTH", endpoint.user, endpoint.password});
  } else if (!endpoint.password.empty()) {
    commands.push_back({"AUTH", endpoint.password});
  }
  if (endpoint.database != 0) commands.push_back({"SELECT", std::to_string(endpoint.database)});
  commands.push_back({"PING"});  // says so when a password is wanted, or data is still being loaded
  return commands;
}

}  // namespace

Connection::Connection(std::unique_ptr<Transport> transport, ReplyLimits limits)
    : transport_(std::move(transport)), reader_(limits) {}

io::Task<std::expected<std::unique_ptr<Connection>, std::string>> Connection::open(
    ConnectionOptions options) {
  const std::string name = options.endpoint.name();
  const SteadyTime deadline = std::chrono::steady_clock::now() + options.connect_timeout;
  auto opened = co_await open_in_time(options.endpoint, deadline);
  if (!opened) co_return std::unexpected(fmt::format("{}: {}", name, opened.error()));
  std::unique_ptr<Connection> connection(new Connection(std::move(*opened), options.limits));
  const auto greeted = co_await (connection->greet(options.endpoint) ||
                                 io::sleep_for(deadline - std::chrono::steady_clock::now()));
  if (greeted.index() == 1) {
    co_return std::unexpected(fmt::format("{}: no answer to the greeting in time", name));
  }
  const auto& outcome = std::get<0>(greeted);
  if (!outcome) co_return std::unexpected(fmt::format("{}: {}", name, outcome.error()));
  co_return std::move(connection);
}

io::Task<std::expected<void, std::string>> Connection::greet(Endpoint endpoint) {
  const auto commands = greeting_of(endpoint);
  std::string bytes;
  for (const auto& command : commands) bytes += encode_command(command);
  const auto written = co_await write(std::move(bytes));
  if (!written) co_return written;
  for (const auto& command : commands) {
    const auto reply = co_await read();
    if (!reply) co_return std::unexpected(reply.error());
    if (reply->refused()) {
      co_return std::unexpected(fmt::format("{}: {}", command.front(), reply->refusal()));
    }
  }
  co_return std::expected<void, std::string>{};
}

io::Task<std::expected<Reply, std::string>> Connection::read() {
  for (;;) {
    auto next = reader_.next();
    if (!next) co_return std::unexpected("not an answer of Redis: " + next.error());
    std::optional<Reply> reply = *std::move(next);
    if (reply) co_return std::move(*reply);
    auto bytes = co_await transport_->read();
    if (!bytes) co_return std::unexpected(bytes.error());
    reader_.feed(*bytes);
  }
}

io::Task<std::expected<void, std::string>> Connection::write(std::string bytes) {
  return transport_->write(std::move(bytes));
}

void report_connected(std::string_view connection, bool connected) {
  connected_gauge.set({connection}, connected ? 1 : 0);
}

Backoff::Backoff(std::chrono::milliseconds min, std::chrono::milliseconds max)
    : min_(min), max_(max), pause_(min) {}

std::chrono::milliseconds Backoff::next() {
  thread_local std::mt19937 engine{std::random_device{}()};
  const auto most = std::exchange(pause_, std::min(pause_ * 2, max_)).count();
  return std::chrono::milliseconds(std::uniform_int_distribution(most / 2, most)(engine));
}

void Backoff::reset() { pause_ = min_; }

}  // namespace redis
