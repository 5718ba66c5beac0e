// Bluesky Jetstream: every public post of Bluesky as it is made, over a WebSocket, without an
// account.
//
// One task receives frames, another parses what has gathered and hands it on: under load the
// batches grow, in quiet times a post waits a tenth of a second. A lost connection is taken up
// again from the last position, some seconds earlier where the position is a time (servers order by
// it only roughly); repeats are dropped by id further down.
#include "base/text.h"
#include "trends/source.h"
#include "trends/sources/jetstream_frames.h"
#include "trends/sources/polite.h"
#include "trends/sources/together.h"

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr auto rewind = 5s;
constexpr auto gather = 100ms;
constexpr std::size_t gathered_enough = 64;
constexpr std::size_t waiting_frames_max = 4096;
constexpr std::size_t waiting_bytes_max = 8 * 1024 * 1024;
constexpr std::size_t message_max = 1024 * 1024;
constexpr std::string_view version_2_path = "/xrpc/network.bsky.jetstream.subscribeEvents";

struct Endpoint {
  std::string url;  // with its path, without a query
  bool version_2 = false;
};

Endpoint endpoint_of(std::string url, std::string_view version) {
  if (url.starts_with("http")) url.replace(0, 4, "ws");
  url = without_slash(url.substr(0, url.find('?')));
  const auto path = url.find('/', url.find("://") + 3);
  const bool bare = path == std::string::npos;
  const bool version_2 =
      bare ? version == "2" : url.find("subscribeEvents", path) != std::string::npos;
  if (bare) url += version_2 ? version_2_path : "/subscribe";
  return {std::move(url), version_2};
}

std::string cursor_for(const Endpoint& endpoint, const JetstreamPosition& position) {
  if (endpoint.version_2 && position.seq > 0 && position.host == host_of(endpoint.url)) {
    return fmt::format("{}", position.seq);
  }
  if (position.time_us == 0) return "";
  return fmt::format("{}", position.time_us - base::Duration{rewind}.count());
}

std::string url_for(const Endpoint& endpoint, const JetstreamPosition& position) {
  std::string url =
      endpoint.url +
      (endpoint.version_2
           ? "?collections=app.bsky.feed.post&kinds=commit"
           : fmt::format("?wantedCollections=app.bsky.feed.post&maxMessageSizeBytes={}",
                         message_max));
  if (const auto cursor = cursor_for(endpoint, position); !cursor.empty()) {
    url += "&cursor=" + cursor;
  }
  return url;
}

// Frames on their way from the receiving to the parsing task.
struct Waiting {
  explicit Waiting(const io::Executor& executor) : arrived(executor), taken(executor) {}
  std::vector<std::string> frames = {};
  std::size_t bytes = 0;
  bool closed = false;
  io::Event arrived;
  io::Event taken;

  bool full() const { return frames.size() >= waiting_frames_max || bytes >= waiting_bytes_max; }
};

// One connection: both tasks live inside connection(), which outlives them.
struct Connection {
  SourceContext context;
  Sink& sink;
  http::WebSocket& socket;
  std::string host;
  JetstreamPosition& position;
  Waiting waiting;
  bool got_something = false;
  std::string reason;  // why it ended
};

io::Task<> receive_frames(Connection& connection) {
  Waiting& waiting = connection.waiting;
  for (;;) {
    while (waiting.full()) co_await waiting.taken.wait();
    auto frame = co_await connection.socket.receive();
    if (!frame) co_return;
    waiting.bytes += frame->size();
    waiting.frames.push_back(std::move(*frame));
    waiting.arrived.notify();
  }
}

// What came before the end is still parsed: the end is told by `closed`, not by an exception.
io::Task<> receive(Connection& connection) {
  try {
    co_await receive_frames(connection);
    connection.reason = connection.host + " closed the connection";
  } catch (const base::Unavailable& error) {
    connection.reason = error.what();
  }
  Waiting& waiting = connection.waiting;
  waiting.closed = true;
  waiting.arrived.notify();
}

void move_position(Connection& connection, const JetstreamBatch& parsed) {
  JetstreamPosition& position = connection.position;
  position.time_us = std::max(position.time_us, parsed.time_us);
  if (parsed.seq == 0) return;
  if (position.host != connection.host) position.seq = 0;
  position.host = connection.host;
  position.seq = std::max(position.seq, parsed.seq);
}

io::Task<> hand_on(Connection& connection, std::vector<std::string> frames) {
  auto parsed = parse_jetstream(frames, connection.context.clock->now());
  connection.got_something = connection.got_something || parsed.time_us > 0;
  JetstreamPosition before = connection.position;
  move_position(connection, parsed);
  Batch batch{.mentions = std::move(parsed.mentions),
              .cursor = connection.position.to_text(),
              .rejected = parsed.rejected,
              .gone = std::move(parsed.gone)};
  if (before.time_us == 0 && parsed.time_us == 0) batch.cursor.clear();
  co_await connection.sink.take(std::move(batch));
  if (!parsed.error.empty()) {
    throw base::Unavailable(fmt::format("{} ended the stream: {}", connection.host,
                                        base::clean_utf8(parsed.error.substr(0, 100))));
  }
}

io::Task<> parse(Connection& connection) {
  Waiting& waiting = connection.waiting;
  for (;;) {
    while (waiting.frames.empty() && !waiting.closed) co_await waiting.arrived.wait();
    if (waiting.frames.empty()) co_return;
    if (waiting.frames.size() < gathered_enough && !waiting.closed) co_await io::sleep_for(gather);
    auto frames = std::exchange(waiting.frames, {});
    waiting.bytes = 0;
    waiting.taken.notify();
    co_await hand_on(connection, std::move(frames));
  }
}

bool says_cursor_too_old(const http::TransportError& error) {
  return error.message.find("answered 400") != std::string::npos ||
         error.message.find("CursorTooOld") != std::string::npos;
}

// How one connection ended: never by an exception, unless cancelled.
struct Ending {
  std::string reason;
  bool got_something = false;
};

class Jetstream final : public Source {
 public:
  const SourceAbout& about() const override {
    static const SourceAbout about{
        .id = "jetstream",
        .label = "Bluesky Jetstream",
        .help = "Every public post on Bluesky as it is written. Needs no account and no key.",
        .settings = {{.key = "endpoints",
                      .label = "Servers",
                      .help =
                          "WebSocket addresses, one per line; the next is tried when one fails.",
                      .type = networks::Setting::Type::list,
                      .required = false,
                      .fallback = "wss://jetstream2.us-east.bsky.network\n"
                                  "wss://jetstream1.us-east.bsky.network\n"
                                  "wss://jetstream2.us-west.bsky.network\n"
                                  "wss://jetstream1.us-west.bsky.network"},
                     {.key = "version",
                      .label = "Protocol version",
                      .help = "1 or 2, for addresses without a path; a path says it by itself.",
                      .required = false,
                      .fallback = "1"}},
        .on_by_default = true,
        .shared = true};
    return about;
  }

  std::vector<base::FieldError> check(const json::object& settings) const override {
    std::vector<base::FieldError> errors;
    const auto version = text_setting(settings, "version");
    if (!version.empty() && version != "1" && version != "2") {
      errors.push_back({"version", "must be 1 or 2"});
    }
    const auto urls = list_setting(settings, "endpoints");
    if (urls.empty()) errors.push_back({"endpoints", "needs at least one address"});
    for (const std::string& url : urls) {
      const bool fits = url.starts_with("ws://") || url.starts_with("wss://");
      if (!fits || host_of(url).empty()) {
        errors.push_back({"endpoints", "each must be an address that begins with wss:// or ws://"});
        break;
      }
    }
    return errors;
  }

  io::Task<> read(SourceContext context, json::object settings, std::string cursor,
                  Sink& sink) const override {
    JetstreamPosition position = JetstreamPosition::parse(cursor);
    const auto urls = list_setting(settings, "endpoints");
    const auto version = text_setting(settings, "version");
    std::size_t failed_in_a_row = 0;
    std::size_t turn = 0;
    for (;;) {
      const auto endpoint = endpoint_of(urls.at(turn % urls.size()), version);
      const auto ending = co_await run(context, endpoint, position, sink);
      if (ending.got_something) {
        failed_in_a_row = 0;  // this server works: the next attempt is its own again
      } else {
        ++turn;
        if (++failed_in_a_row >= urls.size()) throw base::Unavailable(ending.reason);
      }
      sink.note("Reconnecting: " + ending.reason);
      co_await io::sleep_for(with_jitter(1s));
    }
  }

 private:
  static io::Task<Ending> run(SourceContext context, Endpoint endpoint, JetstreamPosition& position,
                              Sink& sink) {
    const std::string host = host_of(endpoint.url);
    auto socket = co_await context.websockets->connect(
        {.url = url_for(endpoint, position), .message_max = message_max});
    if (!socket) {
      forget_old_cursor(endpoint, socket.error(), position);
      co_return Ending{socket.error().message};
    }
    sink.connected();
    sink.note(position.gap ? "Some posts were missed: the server no longer had them" : "");
    Connection connection{context, sink,     **socket,
                          host,    position, Waiting(co_await boost::asio::this_coro::executor)};
    try {
      co_await together(receive(connection), parse(connection));
    } catch (const base::Unavailable& error) {
      connection.reason = error.what();
    }
    co_return Ending{connection.reason, connection.got_something};
  }

  // The position is lost at the server: go on from a time, then from now.
  static void forget_old_cursor(const Endpoint& endpoint, const http::TransportError& error,
                                JetstreamPosition& position) {
    if (!endpoint.version_2 || !says_cursor_too_old(error)) return;
    if (position.seq > 0) {
      position.seq = 0;
    } else if (position.time_us > 0) {
      position.time_us = 0;
      position.gap = true;
    }
  }
};

}  // namespace

std::unique_ptr<Source> make_jetstream() { return std::make_unique<Jetstream>(); }

}  // namespace trends
