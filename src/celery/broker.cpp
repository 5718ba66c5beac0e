#include "celery/broker.h"

#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "celery/message.h"

#include <algorithm>

#include <fmt/format.h>

namespace celery {
namespace {

constexpr const char* unacked = "unacked";
constexpr const char* unacked_index = "unacked_index";
constexpr std::string_view separator = "\x06\x16";
constexpr const char* dead_max = "1000";
constexpr std::size_t tags_at_once = 500;
constexpr const char* silent_at_once = "10000";

metrics::Counter restored{"celery_restored_total",
                          "Celery tasks put back because their worker had fallen silent."};
metrics::Counter buried{"celery_dead_letters_total", "Celery messages that could not be read."};
metrics::Gauge length{
    "celery_queue_length", "Celery messages that nobody has taken yet.", {"queue"}};

// KEYS: unacked, index, dead letters, the queues by priority. ARGV: tag, bytes at most, what
// follows the message in `unacked`, dead letters at most.
constexpr const char* take_script = R"(
local time = redis.call('TIME')
for i = 4, #KEYS do
  local message = redis.call('RPOP', KEYS[i])
  if message then
    if #message > tonumber(ARGV[2]) then
      redis.call('LPUSH', KEYS[3], message)
      redis.call('LTRIM', KEYS[3], 0, ARGV[4] - 1)
      return 'too large'
    end
    redis.call('ZADD', KEYS[2], time[1] + time[2] / 1000000, ARGV[1])
    redis.call('HSET', KEYS[1], ARGV[1], '[' .. message .. ARGV[3])
    return {message}
  end
end
return false)";

constexpr const char* acknowledge_script = R"(
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1]))";

// As above, with the list and the message. What is gone from `unacked` is somebody else's.
constexpr const char* move_script = R"(
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('RPUSH', KEYS[3], ARGV[2])
return 1)";

constexpr const char* bury_script = R"(
redis.call('ZREM', KEYS[2], ARGV[1])
local message = redis.call('HGET', KEYS[1], ARGV[1])
if not message then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('LPUSH', KEYS[3], message)
redis.call('LTRIM', KEYS[3], 0, ARGV[2] - 1)
return 1)";

constexpr const char* refresh_script = R"(
local time = redis.call('TIME')
for i = 1, #ARGV do
  redis.call('ZADD', KEYS[1], 'XX', time[1] + time[2] / 1000000, ARGV[i])
end
return #ARGV)";

constexpr const char* silent_script = R"(
local time = redis.call('TIME')
local before = time[1] + time[2] / 1000000 - ARGV[1]
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', before, 'LIMIT', 0, ARGV[2]))";

constexpr const char* length_script = R"(
local length = 0
for i = 1, #KEYS do length = length + redis.call('LLEN', KEYS[i]) end
return length)";

// Priorities as Kombu's default steps have them; 0 goes first.
std::vector<std::string> lists_of(const std::string& queue) {
  std::vector<std::string> lists{queue};
  for (const char* step : {"3", "6", "9"})
    lists.push_back(fmt::format("{}{}{}", queue, separator, step));
  return lists;
}

base::Result<void> done(const base::Result<redis::Reply>& reply) {
  if (!reply) return base::fail(reply.error());
  return {};
}

struct Kept {
  std::string message;
  std::string exchange;
  std::string routing_key;
};

// What `unacked` holds: [message, exchange, routing key].
std::optional<Kept> read_kept(std::string_view text) {
  const auto kept = base::parse_json(text);
  if (!kept || !kept->is_array() || kept->get_array().size() != 3) return std::nullopt;
  return Kept{.message = json::serialize(kept->get_array()[0]),
              .exchange = base::text_at(*kept, "/1"),
              .routing_key = base::text_at(*kept, "/2")};
}

}  // namespace

std::string binding_key(std::string_view exchange) {
  return fmt::format("_kombu.binding.{}", exchange);
}

std::string write_binding(const Binding& binding) {
  return fmt::format("{}{}{}{}", binding.routing_key, separator, separator, binding.queue);
}

std::optional<Binding> read_binding(std::string_view text) {
  const std::size_t first = text.find(separator);
  const std::size_t last = text.rfind(separator);
  if (first == std::string_view::npos || first == last) return std::nullopt;
  return Binding{.routing_key = std::string(text.substr(0, first)),
                 .queue = std::string(text.substr(last + separator.size()))};
}

Broker::Broker(redis::Client& client, redis::Endpoint endpoint, std::string queue)
    : client_(client),
      endpoint_(std::move(endpoint)),
      queue_(std::move(queue)),
      dead_(queue_ + ".dead"),
      tail_(fmt::format(",\"\",{}]", json::serialize(json::string(queue_)))) {}

io::Task<base::Result<redis::Reply>> Broker::run(std::string script, std::vector<std::string> keys,
                                                 std::vector<std::string> arguments) {
  std::vector<std::string> words{"EVAL", std::move(script), std::to_string(keys.size())};
  std::ranges::move(keys, std::back_inserter(words));
  std::ranges::move(arguments, std::back_inserter(words));
  co_return co_await client_.command(std::move(words));
}

io::Task<base::Result<void>> Broker::bind() {
  const std::string line = write_binding({.routing_key = queue_, .queue = queue_});
  co_return done(co_await client_.command({"SADD", binding_key(queue_), line}));
}

io::Task<base::Result<std::optional<Delivery>>> Broker::take() {
  Delivery delivery{.tag = base::make_uuid7(), .message = {}};
  std::vector<std::string> keys{unacked, unacked_index, dead_};
  std::ranges::move(lists_of(queue_), std::back_inserter(keys));
  auto reply = co_await run(take_script, std::move(keys),
                            {delivery.tag, std::to_string(message_bytes_max), tail_, dead_max});
  if (!reply) co_return base::fail(reply.error());
  if (reply->kind == redis::Reply::Kind::string) {
    buried.add();
    base::log_error("celery_message_too_large", {{"celery.queue", queue_}});
    co_return co_await take();
  }
  if (reply->elements.empty()) co_return std::nullopt;
  delivery.message = std::move(reply->elements[0].text);
  co_return delivery;
}

// Moves the oldest message to its own place: that waits, and takes nothing that could be lost.
io::Task<> Broker::wait_for_message() {
  constexpr std::chrono::milliseconds pause{250};
  if (!waiting_) {
    auto opened = co_await redis::Connection::open(
        {.endpoint = endpoint_, .limits = {.bytes_max = 2 * message_bytes_max}});
    if (opened) {
      waiting_ = std::move(*opened);
    } else {
      co_return co_await io::sleep_for(pause);  // the client says what is wrong
    }
  }
  const auto written = co_await waiting_->write(
      redis::encode_command({"BLMOVE", queue_, queue_, "RIGHT", "RIGHT", "1"}));
  if (written) {
    const auto reply = co_await waiting_->read();
    if (reply && !reply->refused()) co_return;
    if (!reply) waiting_.reset();  // a Redis before 6.2 only refuses, and is asked now and then
  } else {
    waiting_.reset();
  }
  co_await io::sleep_for(pause);
}

io::Task<base::Result<void>> Broker::acknowledge(std::string tag) {
  co_return done(co_await run(acknowledge_script, {unacked, unacked_index}, {std::move(tag)}));
}

io::Task<base::Result<std::optional<Delivery>>> Broker::read(std::string tag) {
  const auto reply = co_await client_.command({"HGET", unacked, tag});
  if (!reply) co_return base::fail(reply.error());
  auto kept = read_kept(reply->text);
  if (!kept) co_return std::nullopt;
  co_return Delivery{.tag = std::move(tag), .message = std::move(kept->message)};
}

io::Task<base::Result<void>> Broker::bury(std::string tag) {
  buried.add();
  co_return done(
      co_await run(bury_script, {unacked, unacked_index, dead_}, {std::move(tag), dead_max}));
}

io::Task<base::Result<void>> Broker::restore(Delivery delivery) {
  co_return done(co_await run(move_script, {unacked, unacked_index, queue_},
                              {delivery.tag, mark_redelivered(delivery.message)}));
}

io::Task<base::Result<void>> Broker::refresh(std::vector<std::string> tags) {
  for (std::size_t from = 0; from < tags.size(); from += tags_at_once) {
    const auto begin = tags.begin() + static_cast<std::ptrdiff_t>(from);
    const auto size = static_cast<std::ptrdiff_t>(std::min(tags_at_once, tags.size() - from));
    const auto reply = co_await run(refresh_script, {unacked_index},
                                    std::vector<std::string>(begin, begin + size));
    if (!reply) co_return base::fail(reply.error());
  }
  co_return base::Result<void>{};
}

io::Task<bool> Broker::is_ours(std::string exchange, std::string routing_key) {
  if (exchange.empty()) co_return routing_key == queue_;
  const std::string line = write_binding({.routing_key = routing_key, .queue = queue_});
  const auto reply = co_await client_.command({"SISMEMBER", binding_key(exchange), line});
  co_return reply && reply->integer == 1;
}

io::Task<base::Result<bool>> Broker::restore_one(std::string tag) {
  const auto reply = co_await client_.command({"HGET", unacked, tag});
  if (!reply) co_return base::fail(reply.error());
  auto kept = read_kept(reply->text);
  if (!kept) {
    if (!reply->text.ends_with(tail_)) co_return false;
    const auto gone = co_await bury(std::move(tag));  // no JSON, and ours
    if (!gone) co_return base::fail(gone.error());
    co_return false;
  }
  if (!co_await is_ours(kept->exchange, kept->routing_key)) co_return false;
  const auto back = co_await restore({.tag = std::move(tag), .message = std::move(kept->message)});
  if (!back) co_return base::fail(back.error());
  restored.add();
  co_return true;
}

io::Task<base::Result<std::size_t>> Broker::restore_silent(std::chrono::milliseconds timeout) {
  const std::string seconds = fmt::format("{:.3f}", static_cast<double>(timeout.count()) / 1000);
  const auto silent = co_await run(silent_script, {unacked_index}, {seconds, silent_at_once});
  if (!silent) co_return base::fail(silent.error());
  std::size_t count = 0;
  for (const redis::Reply& tag : silent->elements) {
    const auto back = co_await restore_one(tag.text);
    if (!back) co_return base::fail(back.error());
    if (*back) ++count;
  }
  co_return count;
}

io::Task<> Broker::measure() {
  const auto reply = co_await run(length_script, lists_of(queue_), {});
  if (reply) length.set({queue_}, static_cast<double>(reply->integer));
}

}  // namespace celery
