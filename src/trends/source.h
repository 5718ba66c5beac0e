// What a source of mentions is: a reader that yields batches and knows where it stands.
//
// One file per source in trends/sources/ and one line in trends/sources/all.def. A reader runs under a lease (one per
// source and instance in the whole fleet), from the cursor that it last gave out, until it is cancelled. It throws
// base::Unavailable when the source cannot be read; the runner backs off, with jitter, and starts it again.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "http/client.h"
#include "http/websocket.h"
#include "networks/setting.h"
#include "trends/mention.h"

namespace trends {

namespace json = boost::json;

struct SourceAbout {
  std::string id;     // "jetstream"
  std::string label;  // "Bluesky Jetstream"
  std::string help;   // what it reads and what it needs, one sentence
  std::vector<networks::Setting> settings;
  bool on_by_default = false;  // listens without any account or key
};

struct Batch {
  std::vector<Mention> mentions;
  std::string cursor;  // where to go on after this batch; empty = unchanged
  std::int64_t rejected = 0;  // broken items that were skipped
};

// What the reader reports to; implemented by the runner.
class Sink {
 public:
  virtual ~Sink() = default;
  // Takes a batch; waits when the detector is behind (backpressure).
  virtual io::Task<> take(Batch batch) = 0;
  // The connection is up (shown on the page) though nothing may have come yet.
  virtual void connected() = 0;
};

struct SourceContext {
  http::Client* http = nullptr;
  http::WebSocketConnector* websockets = nullptr;
  const base::Clock* clock = nullptr;
};

class Source {
 public:
  virtual ~Source() = default;
  virtual const SourceAbout& about() const = 0;
  // Reads until cancelled (or to the end, for a recording). `settings` were checked against about().settings.
  virtual io::Task<> read(SourceContext context, json::object settings, std::string cursor, Sink& sink) const = 0;
};

const std::vector<std::unique_ptr<Source>>& all_sources();
const Source* source_by_id(std::string_view id);

}  // namespace trends
