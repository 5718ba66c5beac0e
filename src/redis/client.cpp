#include "redis/client.h"

#include "base/log.h"
#include "base/metrics.h"

namespace redis {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::size_t write_max = std::size_t{64} * 1024;

metrics::Counter commands{"redis_commands_total", "Commands to Redis by outcome.", {"outcome"}};
metrics::Histogram seconds{"redis_command_seconds", "Time of commands to Redis.",
                           metrics::latency_bounds()};

std::unexpected<base::Error> unavailable(std::string reason) {
  commands.add({"unavailable"});
  return base::fail({.status = 503,
                     .code = "redis_unavailable",
                     .message = "Redis: " + std::move(reason),
                     .retry_after = 1});
}

}  // namespace

struct Client::Pending {
  Pending(const io::Executor& executor, std::string encoded, SteadyTime until)
      : bytes(std::move(encoded)), deadline(until), ended(executor) {}

  std::string bytes;
  const SteadyTime deadline;
  io::Event ended;
  std::optional<std::expected<Reply, std::string>> outcome = {};

  void end(std::expected<Reply, std::string> with) {
    outcome = std::move(with);
    ended.notify();
  }
};

Client::Client(io::Executor executor, ClientOptions options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      has_waiting_(executor_),
      has_asked_(executor_) {}

Client::~Client() = default;

io::Task<base::Result<Reply>> Client::command(std::vector<std::string> words) {
  return command(std::move(words), options_.command_timeout);
}

io::Task<base::Result<Reply>> Client::command(std::vector<std::string> words,
                                              std::chrono::milliseconds timeout) {
  if (state_ == State::away) co_return unavailable(failure_);
  if (!accepts()) co_return unavailable("too many commands are under way");
  const auto started = std::chrono::steady_clock::now();
  const PendingPtr pending = put(words, timeout);
  co_await pending->ended.wait_for(timeout);
  auto outcome = std::move(pending->outcome);
  if (!outcome) {
    std::erase(waiting_, pending);  // what was written already cannot be called back
    co_return unavailable("no answer in time");
  }
  if (!*outcome) co_return unavailable(outcome->error());
  seconds.observe(base::to_seconds(
      std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now() - started)));
  Reply& reply = **outcome;
  if (reply.refused()) {
    commands.add({"refused"});
    co_return base::fail(
        {.status = 502, .code = "redis_refused", .message = "Redis: " + reply.refusal()});
  }
  commands.add({"answered"});
  co_return std::move(reply);
}

bool Client::accepts() const {
  return state_ != State::away && waiting_.size() + asked_.size() < options_.commands_max;
}

Client::PendingPtr Client::put(const std::vector<std::string>& words,
                               std::chrono::milliseconds timeout) {
  auto pending = std::make_shared<Pending>(executor_, encode_command(words),
                                           std::chrono::steady_clock::now() + timeout);
  waiting_.push_back(pending);
  has_waiting_.notify();
  return pending;
}

void Client::tell(std::vector<std::string> words) {
  if (accepts()) {
    put(words, options_.command_timeout);
    commands.add({"told"});
  } else {
    commands.add({"unavailable"});
  }
}

io::Task<> Client::run() {
  Backoff backoff(options_.connection.pause_min, options_.connection.pause_max);
  for (;;) {
    auto connection = co_await Connection::open(options_.connection);
    if (connection) {
      state_ = State::connected;
      report_connected("commands", true);
      base::log_info("redis_connected", {{"server.address", options_.connection.endpoint.name()}});
      backoff.reset();
      failure_ = co_await serve(**connection);
    } else {
      failure_ = connection.error();
    }
    report_connected("commands", false);
    state_ = State::away;
    fail_all(failure_);
    base::log_warn("redis_away", {{"error.message", failure_}});
    co_await io::sleep_for(backoff.next());
  }
}

// Until the connection ends; why it did.
io::Task<std::string> Client::serve(Connection& connection) {
  const auto ended = co_await (write_commands(connection) || read_replies(connection) || watch());
  co_return std::visit([](const std::string& reason) { return reason; }, ended);
}

std::string Client::take_waiting() {
  const SteadyTime now = std::chrono::steady_clock::now();
  std::string bytes;
  while (!waiting_.empty() && bytes.size() < write_max) {
    const PendingPtr next = std::move(waiting_.front());
    waiting_.pop_front();
    if (next->deadline <= now) {
      next->end(std::unexpected("it waited too long for a connection"));
      continue;
    }
    bytes += std::exchange(next->bytes, {});
    asked_.push_back(next);
  }
  return bytes;
}

io::Task<std::string> Client::write_commands(Connection& connection) {
  for (;;) {
    while (waiting_.empty()) co_await has_waiting_.wait();
    std::string bytes = take_waiting();
    if (bytes.empty()) continue;
    has_asked_.notify();
    const auto written = co_await connection.write(std::move(bytes));
    if (!written) co_return written.error();
  }
}

io::Task<std::string> Client::read_replies(Connection& connection) {
  for (;;) {
    auto reply = co_await connection.read();
    if (!reply) co_return reply.error();
    if (asked_.empty()) co_return "an answer that nobody asked for";
    const PendingPtr pending = std::move(asked_.front());
    asked_.pop_front();
    pending->end(std::move(*reply));
  }
}

// A server that leaves the oldest command without an answer is as good as gone: whatever it says
// later could not be told from the answers to the next ones.
io::Task<std::string> Client::watch() {
  for (;;) {
    while (asked_.empty()) co_await has_asked_.wait();
    const PendingPtr oldest = asked_.front();
    const auto left = oldest->deadline - std::chrono::steady_clock::now();
    if (left > left.zero()) co_await oldest->ended.wait_for(left);
    if (oldest->deadline > std::chrono::steady_clock::now()) continue;
    if (!asked_.empty() && asked_.front() == oldest) co_return "the server does not answer";
  }
}

void Client::fail_all(const std::string& reason) {
  for (std::deque<PendingPtr>* queue : {&asked_, &waiting_}) {
    for (const PendingPtr& pending : std::exchange(*queue, {})) {
      pending->end(std::unexpected(reason));
    }
  }
}

}  // namespace redis
