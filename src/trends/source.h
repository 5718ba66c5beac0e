// What a source of mentions is: a reader that yields batches and knows where it stands.
//
// One file per source in trends/sources/ and one line in trends/sources/all.def. A reader runs
// under a lease (one per source and instance in the whole fleet), from the cursor that it last gave
// out, until it is cancelled. It throws base::Unavailable when the source cannot be read; the
// runner backs off, with jitter, and starts it again from the last cursor whose batch was taken. A
// reader may yield an item again (after a rewind, from a list that is polled): the runner drops the
// ids that it saw lately, and the detector the ids that it counted.
//
// Sources are stateless and live as long as the program; many reads may run at once on one loop.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "http/client.h"
#include "http/websocket.h"
#include "io/task.h"
#include "networks/setting.h"
#include "trends/mention.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace trends {

namespace json = boost::json;

struct SourceAbout {
  std::string id;     // "jetstream"
  std::string label;  // "Bluesky Jetstream"
  std::string help;   // what it reads and what it needs, one sentence
  std::vector<networks::Setting> settings;
  bool on_by_default = false;  // listens without any account or key
  bool polled = false;  // reads a list now and then: has no lag, and can be asked to read now
  // Runs in a time of its own (a recording, the demonstration): gets a detector of its own, so that
  // it never mixes with what happens now.
  bool separate = false;
  // A firehose that several connections may read at once, each keeping a part of its authors.
  bool shared = false;
  bool generated = false;  // invented by this program: every trend of it is labelled
};

struct Batch {
  std::vector<Mention> mentions = {};
  std::string cursor = {};    // where to go on after this batch; empty = unchanged
  std::int64_t rejected = 0;  // broken items that were skipped
  // Ids of mentions, of this batch or of before, that were deleted or changed at the source.
  std::vector<std::string> gone = {};
};

// What the reader reports to; implemented by the runner.
class Sink {
 public:
  virtual ~Sink() = default;
  // Takes a batch; returns when the detector has it (backpressure).
  virtual io::Task<> take(Batch batch) = 0;
  // The connection is up (shown on the page) though nothing may have come yet.
  virtual void connected() = 0;
  // Something that a person should know though reading goes on ("1 of 3 feeds fails: ..."); empty =
  // all is well.
  virtual void note(std::string message) = 0;
};

// The server asks us to come back later (Retry-After, an exhausted rate limit): not a failure of
// ours.
class AskedToWait : public base::Unavailable {
 public:
  AskedToWait(const std::string& what, std::chrono::seconds wait)
      : Unavailable(what), after(wait) {}
  std::chrono::seconds after;
};

struct SourceContext {
  http::Client* http = nullptr;
  http::WebSocketConnector* websockets = nullptr;
  const base::Clock* clock = nullptr;
  std::filesystem::path recordings = {};  // the only folder that recordings are read from
  // Notified when a person asks to read now; pollers pause on it (pause() below). Null = nobody
  // asks.
  io::Event* wake = nullptr;
};

// Waits between two polls; ends early when somebody asks to read now.
io::Task<> pause(SourceContext context, std::chrono::nanoseconds time);

class Source {
 public:
  virtual ~Source() = default;
  virtual const SourceAbout& about() const = 0;
  // What the page calls this instance of it ("Mastodon: fosstodon.org").
  virtual std::string label(const json::object& settings) const;
  // What about().settings alone cannot say of given settings (already checked against it).
  virtual std::vector<base::FieldError> check(const json::object& settings) const;
  // Reads until cancelled (or to the end, for a recording). `settings` were checked against
  // about().settings.
  virtual io::Task<> read(SourceContext context, json::object settings, std::string cursor,
                          Sink& sink) const = 0;
};

// Every source of all.def, in its order.
const std::vector<std::unique_ptr<Source>>& all_sources();
const Source* source_by_id(std::string_view id);

// Reading of checked settings.
std::string text_setting(const json::object& settings, std::string_view key);
std::vector<std::string> list_setting(const json::object& settings, std::string_view key);

}  // namespace trends
