#include "celery/control.h"

#include "base/log.h"
#include "base/text.h"
#include "celery/broker.h"
#include "celery/tasks.h"

#include <algorithm>
#include <fnmatch.h>
#include <unistd.h>

#include <fmt/format.h>

namespace celery {
namespace {

constexpr std::int64_t revoked_max = 1000;
constexpr std::size_t ids_max = 1000;  // of one command
// Nobody waits longer for an answer; Kombu itself never removes what was not fetched.
constexpr const char* answer_ttl = "60";

json::object ok(std::string message) { return {{"ok", std::move(message)}}; }
json::object error(std::string message) { return {{"error", std::move(message)}}; }

double seconds_of(base::Instant instant) { return base::to_seconds(instant.time_since_epoch()); }

std::vector<std::string> ids_of(const json::value& arguments, std::string_view name) {
  std::vector<std::string> ids;
  const auto add = [&ids](const json::value& value) {
    if (!value.is_string() || ids.size() >= ids_max) return;
    const std::string_view id = value.get_string();
    if (!id.empty() && id.size() <= id_max) ids.emplace_back(id);
  };
  const json::value* given = base::find(arguments, name);
  if (given != nullptr && given->is_array()) {
    for (const json::value& value : given->get_array()) add(value);
  } else if (given != nullptr) {
    add(*given);
  }
  return ids;
}

json::array known_tasks() { return {auto_upload_name, ai_process_name}; }

}  // namespace

bool is_addressed(const json::value& command, const std::string& node) {
  const json::value* destination = base::find(command, "/destination");
  if (destination != nullptr && destination->is_array() && !destination->get_array().empty()) {
    return std::ranges::any_of(destination->get_array(), [&node](const json::value& name) {
      return name.is_string() && std::string_view(name.get_string()) == node;
    });
  }
  const std::string pattern = base::text_at(command, "/pattern");
  const std::string matcher = base::text_at(command, "/matcher");
  if (pattern.empty() || matcher.empty()) return true;
  // Patterns of strangers may run for ever.
  constexpr int stars_max = 4;
  if (matcher != "glob" || pattern.size() > id_max) return false;
  if (std::ranges::count(pattern, '*') > stars_max) return false;
  return fnmatch(pattern.c_str(), node.c_str(), 0) == 0;
}

Control::Control(Doors doors) : doors_(std::move(doors)) {}

io::Task<> Control::hear(std::string message) {
  const auto envelope = read_envelope(message);
  if (!envelope || !envelope->body.is_object()) {
    base::log_warn("celery_control_unreadable");
    co_return;
  }
  doors_.node.heard(base::integer_at(json::value(envelope->headers), "/clock"));
  const json::value& command = envelope->body;
  if (!is_addressed(command, doors_.node.name())) co_return;
  const std::string method = base::text_at(command, "/method");
  const json::value* arguments = base::find(command, "/arguments");
  const json::value given = arguments == nullptr ? json::value(json::object{}) : *arguments;
  // A node says nothing to itself.
  if (method == "hello" && base::text_at(given, "/from_node") == doors_.node.name()) co_return;
  json::value said = co_await answer(method, given);
  co_await reply(command, std::move(said));
}

io::Task<json::value> Control::answer(std::string method, json::value arguments) {
  if (method == "ping") co_return ok("pong");
  if (method == "active_queues") co_return active_queues();
  if (method == "registered" || method == "registered_tasks" || method == "dump_tasks") {
    co_return known_tasks();
  }
  if (method == "active" || method == "dump_active") co_return tasks(true);
  if (method == "scheduled" || method == "dump_schedule") co_return tasks(false);
  if (method == "reserved" || method == "dump_reserved") co_return json::array{};
  if (method == "query_task") co_return query(ids_of(arguments, "/ids"));
  if (method == "stats") co_return stats();
  if (method == "report") {
    co_return ok(fmt::format("software -> socialtrend:{} transport:redis results:redis://",
                             SOCIALTREND_VERSION));
  }
  if (method == "clock") co_return json::object{{"clock", doors_.node.tick()}};
  if (method == "conf" || method == "dump_conf") {
    co_return json::object{{"task_default_queue", doors_.queue},
                           {"accept_content", json::array{"json"}},
                           {"timezone", "UTC"},
                           {"enable_utc", true}};
  }
  if (method == "revoked" || method == "dump_revoked") {
    json::array ids;
    for (std::string& id : co_await doors_.ledger.revoked(revoked_max)) {
      ids.emplace_back(std::move(id));
    }
    co_return ids;
  }
  if (method == "hello") {
    co_return json::object{{"revoked", json::object{}}, {"clock", doors_.node.tick()}};
  }
  if (method == "revoke" || method == "terminate") co_return co_await revoke(std::move(arguments));
  if (method == "heartbeat") {
    doors_.node.send_event("worker-heartbeat", {{"freq", 2.0}, {"sw_ident", "socialtrend"}});
    co_return nullptr;
  }
  if (method == "enable_events") co_return ok("task events already enabled");
  co_return error(fmt::format("this worker does not know the command {}",
                              base::truncate_graphemes(base::clean_utf8(method), 60)));
}

// What is under way already goes on: a post that is half made is nobody's wish.
io::Task<json::value> Control::revoke(json::value arguments) {
  const std::vector<std::string> ids = ids_of(arguments, "/task_id");
  if (ids.empty()) co_return error("revoke needs task_id");
  co_await doors_.ledger.revoke(ids);
  doors_.revoked(ids);
  co_return ok(fmt::format("tasks {} flagged as revoked", base::join(ids, ", ")));
}

io::Task<> Control::reply(json::value command, json::value answer) {
  const Address to{.exchange = base::text_at(command, "/reply_to/exchange"),
                   .routing_key = base::text_at(command, "/reply_to/routing_key")};
  if (to.exchange.empty() || to.exchange.size() > id_max) co_return;
  const auto bindings = co_await doors_.client.command({"SMEMBERS", binding_key(to.exchange)});
  if (!bindings) {
    base::log_warn("celery_reply_lost", {{"error.message", bindings.error().message}});
    co_return;
  }
  const std::string envelope = write_envelope(
      json::object{{doors_.node.name(), std::move(answer)}},
      {{"ticket", base::text_at(command, "/ticket")}, {"clock", doors_.node.tick()}}, to);
  for (const redis::Reply& line : bindings->elements) {
    const auto binding = read_binding(line.text);
    if (!binding || binding->routing_key != to.routing_key) continue;
    doors_.client.tell({"LPUSH", binding->queue, envelope});
    doors_.client.tell({"EXPIRE", binding->queue, answer_ttl});
  }
}

json::array Control::active_queues() const {
  const json::object exchange{{"name", doors_.queue}, {"type", "direct"}, {"durable", true}};
  return {json::object{{"name", doors_.queue},
                       {"exchange", exchange},
                       {"routing_key", doors_.queue},
                       {"durable", true},
                       {"exclusive", false},
                       {"auto_delete", false},
                       {"no_ack", false},
                       {"alias", nullptr},
                       {"bindings", json::array{}}}};
}

json::object Control::describe(const InHand& in_hand) const {
  const Task& task = in_hand.task;
  return {{"id", task.id},
          {"name", task.name},
          {"args", task.args_text},
          {"kwargs", task.kwargs_text},
          {"type", task.name},
          {"hostname", doors_.node.name()},
          {"time_start", in_hand.started ? json::value(seconds_of(*in_hand.started)) : nullptr},
          {"acknowledged", false},
          {"delivery_info", json::object{{"exchange", ""},
                                         {"routing_key", doors_.queue},
                                         {"priority", 0},
                                         {"redelivered", false}}},
          {"worker_pid", getpid()}};
}

json::array Control::tasks(bool started) const {
  json::array list;
  for (const InHand& in_hand : doors_.standing().tasks) {
    if (in_hand.started.has_value() != started) continue;
    if (started) {
      list.emplace_back(describe(in_hand));
    } else {
      list.emplace_back(json::object{{"eta", base::format_rfc3339(in_hand.due)},
                                     {"priority", 6},
                                     {"request", describe(in_hand)}});
    }
  }
  return list;
}

json::object Control::query(const std::vector<std::string>& ids) const {
  json::object found;
  for (const InHand& in_hand : doors_.standing().tasks) {
    if (std::ranges::find(ids, in_hand.task.id) == ids.end()) continue;
    found[in_hand.task.id] =
        json::array{in_hand.started ? "active" : "reserved", describe(in_hand)};
  }
  return found;
}

json::object Control::stats() const {
  const Standing standing = doors_.standing();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(standing.uptime);
  return {{"total", standing.processed},
          {"pid", getpid()},
          {"clock", std::to_string(doors_.node.tick())},
          {"uptime", seconds.count()},
          {"prefetch_count", standing.concurrency},
          {"pool", json::object{{"max-concurrency", standing.concurrency},
                                {"implementation", "socialtrend"},
                                {"processes", json::array{getpid()}}}},
          {"broker", json::object{{"transport", "redis"}}},
          {"rusage", json::object{}}};
}

}  // namespace celery
