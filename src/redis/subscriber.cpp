#include "redis/subscriber.h"

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"

namespace redis {
namespace {

using namespace asio::experimental::awaitable_operators;

metrics::Counter messages{"redis_messages_total", "Messages heard on channels of Redis."};

}  // namespace

Subscriber::Subscriber(SubscriberOptions options) : options_(std::move(options)) {}

void Subscriber::on(std::string channel, Handler handler) {
  CHECK(handlers_.emplace(std::move(channel), std::move(handler)).second);
}

io::Task<> Subscriber::run() {
  CHECK(!handlers_.empty());
  Backoff backoff(options_.connection.pause_min, options_.connection.pause_max);
  for (;;) {
    std::string failure;
    auto connection = co_await Connection::open(options_.connection);
    if (connection) {
      subscribed_ = 0;
      failure = co_await serve(**connection);
      if (subscribed_ == handlers_.size()) backoff.reset();
    } else {
      failure = connection.error();
    }
    connected_ = false;
    report_connected("subscriptions", false);
    base::log_warn("redis_subscriptions_away", {{"error.message", failure}});
    co_await io::sleep_for(backoff.next());
  }
}

io::Task<std::string> Subscriber::serve(Connection& connection) {
  std::vector<std::string> words = {"SUBSCRIBE"};
  for (const auto& [channel, handler] : handlers_) words.push_back(channel);
  const auto written = co_await connection.write(encode_command(words));
  if (!written) co_return written.error();
  const auto ended = co_await (hear(connection) || ping(connection));
  co_return std::visit([](const std::string& reason) { return reason; }, ended);
}

io::Task<std::string> Subscriber::hear(Connection& connection) {
  for (;;) {
    const auto reply = co_await connection.read();
    if (!reply) co_return reply.error();
    if (reply->refused()) co_return "SUBSCRIBE: " + reply->refusal();
    heard_at_ = std::chrono::steady_clock::now();
    take(*reply);
  }
}

void Subscriber::take(const Reply& reply) {
  if (reply.elements.size() != 3) return;  // the answer to a ping
  const std::string& type = reply.elements[0].text;
  if (type == "subscribe" && ++subscribed_ == handlers_.size()) {
    connected_ = true;
    report_connected("subscriptions", true);
    if (on_connected_) on_connected_();
  } else if (type == "message") {
    messages.add();
    const auto handler = handlers_.find(reply.elements[1].text);
    if (handler != handlers_.end()) handler->second(reply.elements[2].text);
  }
}

io::Task<std::string> Subscriber::ping(Connection& connection) {
  heard_at_ = std::chrono::steady_clock::now();
  for (;;) {
    co_await io::sleep_for(options_.ping_every);
    if (std::chrono::steady_clock::now() - heard_at_ > 2 * options_.ping_every) {
      co_return "the server does not answer";
    }
    const auto written = co_await connection.write(encode_command({"PING"}));
    if (!written) co_return written.error();
  }
}

}  // namespace redis
