// Messages as Celery and Kombu put them into Redis: task messages of protocol 2, and the envelope
// that carries these, events and remote control.
//
// What comes from the queue may be anything: only JSON bodies without compression are read, sizes
// and depths are bounded, nothing is ever unpickled. Pure.
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>

namespace celery {

inline constexpr std::size_t message_bytes_max = std::size_t{4} << 20;
inline constexpr std::size_t id_max = 255;

struct Envelope {
  json::object headers;
  json::value body;
};

struct Task {
  std::string id;
  std::string name;
  json::array args;
  json::object kwargs;
  std::optional<base::Instant> eta;
  std::optional<base::Instant> expires;
  std::int64_t retries = 0;
  bool ignore_result = false;
  bool has_links = false;  // callbacks, errbacks, chain or chord
  std::string root_id;
  std::string parent_id;
  std::string group;
  // For monitors, as the producer wrote them.
  std::string args_text;
  std::string kwargs_text;
};

base::Result<Envelope> read_envelope(std::string_view raw);
base::Result<Task> read_task(std::string_view raw);

// The id of a message that cannot be read as a task, when it has one that can: whoever waits for
// its result is told.
std::string id_of(std::string_view raw);

// The same message, marked as delivered again; unchanged when it is no JSON object.
std::string mark_redelivered(std::string_view raw);

struct Address {
  std::string exchange;
  std::string routing_key;
};
std::string write_envelope(const json::value& body, json::object headers, Address to);

// Celery's times are ISO 8601, in UTC when no offset is said.
std::optional<base::Instant> parse_time(std::string_view text);

}  // namespace celery
