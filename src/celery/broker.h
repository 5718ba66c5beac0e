// The queue in Redis as Kombu keeps it: lists QUEUE and QUEUE\x06\x16PRIORITY, what was taken and
// not acknowledged in the hash `unacked`, and since when in the sorted set `unacked_index`.
//
// Taking a message and writing it into `unacked` is one step of Redis, so that a worker that dies
// in between loses nothing (Kombu has that gap). A message belongs to its tag until it is
// acknowledged, buried or restored; whoever comes second finds it gone. Times are Redis' own, so
// clocks of workers may differ. Other Celery workers may share the database: only messages of this
// queue are restored here. Not thread-safe: one per loop; outlived by its client.
#pragma once

#include "redis/client.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace celery {

struct Delivery {
  std::string tag;
  std::string message;
};

class Broker {
 public:
  Broker(redis::Client& client, redis::Endpoint endpoint, std::string queue);

  // So that producers and other workers find the queue by its exchange.
  io::Task<base::Result<void>> bind();
  // The next message, those of higher priority first; nothing when there is none.
  io::Task<base::Result<std::optional<Delivery>>> take();
  // Until there may be a message, or about a second.
  io::Task<> wait_for_message();

  io::Task<base::Result<void>> acknowledge(std::string tag);
  // The message once more; nothing when it is no longer ours.
  io::Task<base::Result<std::optional<Delivery>>> read(std::string tag);
  // Out of the queue for good, into the list QUEUE.dead for people to look at.
  io::Task<base::Result<void>> bury(std::string tag);
  // Back to where it is taken next.
  io::Task<base::Result<void>> restore(Delivery delivery);
  // Says that these are in good hands.
  io::Task<base::Result<void>> refresh(std::vector<std::string> tags);
  // Restores what nobody has said anything of for so long; how many.
  io::Task<base::Result<std::size_t>> restore_silent(std::chrono::milliseconds timeout);
  // Counts what nobody has taken yet for the metric celery_queue_length: what autoscalers look at.
  io::Task<> measure();

  const std::string& queue() const { return queue_; }
  const std::string& dead_letters() const { return dead_; }

 private:
  io::Task<base::Result<redis::Reply>> run(std::string script, std::vector<std::string> keys,
                                           std::vector<std::string> arguments);
  io::Task<bool> is_ours(std::string exchange, std::string routing_key);
  io::Task<base::Result<bool>> restore_one(std::string tag);

  redis::Client& client_;
  const redis::Endpoint endpoint_;
  const std::string queue_;
  const std::string dead_;
  const std::string tail_;  // of what is written into `unacked`: where it came from
  std::unique_ptr<redis::Connection> waiting_;  // of its own: waiting would hold up all others
};

// A line of the sets `_kombu.binding.EXCHANGE`.
struct Binding {
  std::string routing_key;
  std::string queue;
};
std::string binding_key(std::string_view exchange);
std::string write_binding(const Binding& binding);
std::optional<Binding> read_binding(std::string_view text);

}  // namespace celery
