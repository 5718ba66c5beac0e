#include "celery/message.h"

#include "base/id.h"
#include "base/text.h"

#include <fmt/format.h>

namespace celery {
namespace {

std::unexpected<base::Error> unreadable(std::string message) {
  return base::fail({.status = 400, .code = "unreadable", .message = std::move(message)});
}

bool is_null_or_missing(const json::value* value) { return value == nullptr || value->is_null(); }

bool is_empty(const json::value* value) {
  if (is_null_or_missing(value)) return true;
  if (value->is_array()) return value->get_array().empty();
  return value->is_object() && value->get_object().empty();
}

base::Result<std::string> decode_body(const json::value& message) {
  const json::value* body = base::find(message, "/body");
  if (body == nullptr || !body->is_string()) return unreadable("The message has no body.");
  const std::string encoding = base::text_at(message, "/properties/body_encoding");
  if (encoding.empty()) return std::string(body->get_string());
  if (encoding != "base64") return unreadable("Only bodies in base64 are read.");
  return base::from_base64(body->get_string());
}

bool is_id(std::string_view text) {
  const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
  return !text.empty() && text.size() <= id_max && std::ranges::all_of(text, visible);
}

// The instant of a header; an error when it is there and no time.
base::Result<std::optional<base::Instant>> time_of(const json::value& headers, const char* name) {
  const json::value* value = base::find(headers, fmt::format("/{}", name));
  if (is_null_or_missing(value)) return std::nullopt;
  const auto instant =
      value->is_string() ? parse_time(std::string_view(value->get_string())) : std::nullopt;
  if (!instant) return unreadable(fmt::format("The header {} is not a time.", name));
  return instant;
}

base::Result<Task> read_headers(const json::value& headers) {
  Task task{.id = base::text_at(headers, "/id"),
            .name = base::text_at(headers, "/task"),
            .args = {},
            .kwargs = {},
            .retries = base::integer_at(headers, "/retries"),
            .ignore_result = base::boolean_at(headers, "/ignore_result"),
            .root_id = base::text_at(headers, "/root_id"),
            .parent_id = base::text_at(headers, "/parent_id"),
            .group = base::text_at(headers, "/group"),
            .args_text = base::text_at(headers, "/argsrepr"),
            .kwargs_text = base::text_at(headers, "/kwargsrepr")};
  if (task.name.empty()) {
    return unreadable("The message is not of protocol 2: it has no header `task`.");
  }
  if (task.name.size() > id_max) return unreadable("The name of the task is too long.");
  if (!is_id(task.id)) {
    return unreadable("The header `id` must be 1 to 255 visible ASCII characters.");
  }
  const auto eta = time_of(headers, "eta");
  if (!eta) return base::fail(eta.error());
  const auto expires = time_of(headers, "expires");
  if (!expires) return base::fail(expires.error());
  task.eta = *eta;
  task.expires = *expires;
  return task;
}

bool has_links(const json::value& embed) {
  for (const char* name : {"/callbacks", "/errbacks", "/chain", "/chord"}) {
    if (!is_empty(base::find(embed, name))) return true;
  }
  return false;
}

}  // namespace

std::optional<base::Instant> parse_time(std::string_view text) {
  if (const auto instant = base::parse_rfc3339(text)) return instant;
  return base::parse_rfc3339(std::string(text) + "Z");
}

base::Result<Envelope> read_envelope(std::string_view raw) {
  if (raw.size() > message_bytes_max) return unreadable("The message is too large.");
  const auto message = base::parse_json(raw);
  if (!message || !message->is_object()) return unreadable("The message is not a JSON object.");
  const std::string type = base::text_at(*message, "/content-type");
  if (type != "application/json") {
    return unreadable(fmt::format("The content type is {}; only application/json is accepted.",
                                  type.empty() ? "not said" : base::truncate_graphemes(type, 60)));
  }
  const std::string charset = base::to_lower_ascii(base::text_at(*message, "/content-encoding"));
  if (charset != "utf-8" && charset != "utf8" && charset != "us-ascii") {
    return unreadable("The content encoding must be utf-8.");
  }
  const json::value* headers = base::find(*message, "/headers");
  if (headers == nullptr || !headers->is_object()) return unreadable("There are no headers.");
  if (!base::text_at(*headers, "/compression").empty()) {
    return unreadable("Compressed messages are not accepted.");
  }
  const auto text = decode_body(*message);
  if (!text) return base::fail(text.error());
  auto body = base::parse_json(*text);
  if (!body) return unreadable("The body is not JSON.");
  return Envelope{.headers = headers->get_object(), .body = std::move(*body)};
}

base::Result<Task> read_task(std::string_view raw) {
  const auto envelope = read_envelope(raw);
  if (!envelope) return base::fail(envelope.error());
  auto task = read_headers(json::value(envelope->headers));
  if (!task) return task;
  const json::value* args = base::find(envelope->body, "/0");
  const json::value* kwargs = base::find(envelope->body, "/1");
  if (args == nullptr || kwargs == nullptr || !args->is_array() || !kwargs->is_object()) {
    return unreadable("The body is not [args, kwargs, embed].");
  }
  task->args = args->get_array();
  task->kwargs = kwargs->get_object();
  const json::value* embed = base::find(envelope->body, "/2");
  task->has_links = embed != nullptr && has_links(*embed);
  return task;
}

std::string id_of(std::string_view raw) {
  const auto message = base::parse_json(raw);
  if (!message) return "";
  for (const char* place : {"/headers/id", "/properties/correlation_id"}) {
    const std::string id = base::text_at(*message, place);
    if (is_id(id)) return id;
  }
  return "";
}

std::string mark_redelivered(std::string_view raw) {
  auto message = base::parse_json(raw);
  if (!message || !message->is_object()) return std::string(raw);
  json::object& object = message->get_object();
  for (const char* part : {"headers", "properties"}) {
    json::value* found = object.if_contains(part);
    if (found == nullptr || !found->is_object()) return std::string(raw);
  }
  object["headers"].get_object()["redelivered"] = true;
  json::value& info = object["properties"].get_object()["delivery_info"];
  if (!info.is_object()) info = json::object{};
  info.get_object()["redelivered"] = true;
  return json::serialize(object);
}

std::string write_envelope(const json::value& body, json::object headers, Address to) {
  const json::object message{
      {"body", base::base64(json::serialize(body))},
      {"content-encoding", "utf-8"},
      {"content-type", "application/json"},
      {"headers", std::move(headers)},
      {"properties",
       json::object{{"delivery_mode", 1},
                    {"delivery_info", json::object{{"exchange", std::move(to.exchange)},
                                                   {"routing_key", std::move(to.routing_key)}}},
                    {"priority", 0},
                    {"body_encoding", "base64"},
                    {"delivery_tag", base::make_uuid7()}}}};
  return json::serialize(message);
}

}  // namespace celery
