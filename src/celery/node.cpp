#include "celery/node.h"

#include "base/text.h"

#include <unistd.h>

#include <fmt/format.h>

namespace celery {

Node::Node(redis::Client& client, const base::Clock& clock, NodeOptions options)
    : client_(client), clock_(clock), options_(std::move(options)) {}

std::string Node::channel(std::string_view exchange, std::string_view routing_key) const {
  return fmt::format("/{}.{}{}{}", options_.database, exchange, routing_key.empty() ? "" : "/",
                     routing_key);
}

void Node::send_event(std::string type, json::object fields) {
  fields["type"] = type;
  fields["hostname"] = options_.name;
  fields["timestamp"] = base::to_seconds(clock_.now().time_since_epoch());
  fields["utcoffset"] = 0;
  fields["pid"] = getpid();
  fields["clock"] = tick();
  std::string key = std::move(type);
  std::ranges::replace(key, '-', '.');
  client_.tell({"PUBLISH", channel("celeryev", key),
                write_envelope(fields, {{"hostname", options_.name}},
                               {.exchange = "celeryev", .routing_key = key})});
}

io::Task<base::Result<void>> Node::put_result(Task task, std::string status, json::value result) {
  if (task.ignore_result) co_return base::Result<void>{};
  const bool over = status == "SUCCESS" || status == "FAILURE" || status == "REVOKED";
  std::string done = base::format_rfc3339(clock_.now());
  done.pop_back();  // Celery writes UTC without saying so
  json::object meta{{"task_id", task.id},
                    {"status", std::move(status)},
                    {"result", std::move(result)},
                    {"traceback", nullptr},
                    {"children", json::array()},
                    {"date_done", over ? json::value(done) : json::value(nullptr)}};
  if (!task.group.empty()) meta["group_id"] = task.group;
  if (!task.parent_id.empty()) meta["parent_id"] = task.parent_id;
  const std::string key = "celery-task-meta-" + task.id;
  const std::string text = json::serialize(meta);
  const auto kept = co_await client_.command(
      {"SET", key, text, "PX", std::to_string(options_.result_ttl.count())});
  if (!kept) co_return base::fail(kept.error());
  client_.tell({"PUBLISH", key, text});
  co_return base::Result<void>{};
}

}  // namespace celery
