// Mastodon, live: the public posts of one server as they are written, changed and deleted, over its
// streaming API. Needs an access token on most servers.
//
// What was missed while there was no connection is read from the timeline once it is back; an item
// that comes both ways is dropped by its id further down.
#include "base/text.h"
#include "trends/source.h"
#include "trends/sources/mastodon_events.h"
#include "trends/sources/mastodon_items.h"
#include "trends/sources/polite.h"

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t message_max = 1024 * 1024;
constexpr int pages_max = 5;
constexpr int page_size = 40;
constexpr int failures_max = 3;  // in a row, before the source is called failing

struct Server {
  std::string url;  // of its REST API
  std::string streaming;
  std::string stream;
  std::string token;

  http::Headers headers() const {
    http::Headers headers;
    headers.set("Authorization", "Bearer " + token);
    return headers;
  }
};

std::string as_websocket(std::string url) {
  if (url.starts_with("http")) url.replace(0, 4, "ws");
  return url;
}

Server server_of(const json::object& settings) {
  Server server{.url = without_slash(text_setting(settings, "instance")),
                .streaming = without_slash(text_setting(settings, "streaming")),
                .stream = text_setting(settings, "stream"),
                .token = text_setting(settings, "access_token")};
  if (server.streaming.empty()) server.streaming = server.url;
  return server;
}

std::string timeline_path(const Server& server, const std::string& since,
                          const std::string& before) {
  std::string path = fmt::format("/api/v1/timelines/public?limit={}&since_id={}", page_size, since);
  if (server.stream == "public:local") path += "&local=true";
  if (!before.empty()) path += "&max_id=" + before;
  return server.url + path;
}

// What was written since the last status that is known, as far back as is polite.
io::Task<> catch_up(SourceContext context, Server server, MastodonEvents& events, Sink& sink) {
  const std::string since = events.newest();
  std::string before;
  for (int page = 0; !since.empty() && page < pages_max; ++page) {
    const auto list = co_await get_json(
        context, {.url = timeline_path(server, since, before), .headers = server.headers()});
    Batch batch;
    events.read_timeline(list, context.clock->now(), batch);
    const std::string oldest = oldest_id(list);
    const bool last = list.get_array().size() < page_size || oldest.empty() || oldest == before;
    co_await sink.take(std::move(batch));
    if (last) co_return;
    before = oldest;
  }
}

// How one connection ended: never by an exception, unless cancelled or asked to wait.
struct Ending {
  std::string reason;
  bool got_something = false;
};

io::Task<Ending> listen(SourceContext context, Server server, MastodonEvents& events, Sink& sink) {
  auto socket = co_await context.websockets->connect(
      {.url = fmt::format("{}/api/v1/streaming?stream={}", as_websocket(server.streaming),
                          base::url_encode(server.stream)),
       .headers = server.headers(),
       .message_max = message_max});
  if (!socket) co_return Ending{socket.error().message};
  Ending ending{host_of(server.streaming) + " closed the connection"};
  try {
    co_await catch_up(context, server, events, sink);
    sink.connected();
    sink.note("");
    for (;;) {
      const auto frame = co_await (*socket)->receive();
      if (!frame) break;
      Batch batch;
      events.read_frame(*frame, context.clock->now(), batch);
      batch.cursor = events.newest();
      ending.got_something = true;
      co_await sink.take(std::move(batch));
    }
  } catch (const AskedToWait&) {
    throw;
  } catch (const base::Unavailable& error) {
    ending.reason = error.what();
  }
  co_return ending;
}

class MastodonStream final : public Source {
 public:
  const SourceAbout& about() const override {
    using Type = networks::Setting::Type;
    static const SourceAbout about{
        .id = "mastodon_stream",
        .label = "Mastodon, live",
        .help = "The public posts of a Mastodon server as they are written, changed and deleted.",
        .settings = {{.key = "instance",
                      .label = "Server",
                      .help = "Its address, such as https://mastodon.social.",
                      .type = Type::url},
                     {.key = "access_token",
                      .label = "Access token",
                      .help = "Of an application with the right \"read:statuses\" on that server.",
                      .type = Type::secret},
                     {.key = "stream",
                      .label = "Which posts",
                      .help = "public (all that the server knows) or public:local (its own).",
                      .required = false,
                      .fallback = "public"},
                     {.key = "streaming",
                      .label = "Address of its streaming API",
                      .help = "Where it is another one.",
                      .required = false}}};
    return about;
  }

  std::string label(const json::object& settings) const override {
    return "Mastodon, live: " + host_of(text_setting(settings, "instance"));
  }

  std::vector<base::FieldError> check(const json::object& settings) const override {
    std::vector<base::FieldError> errors;
    const std::string stream = text_setting(settings, "stream");
    if (stream != "public" && stream != "public:local") {
      errors.push_back({"stream", "must be public or public:local"});
    }
    const std::string streaming = text_setting(settings, "streaming");
    if (!streaming.empty() && host_of(streaming).empty()) {
      errors.push_back({"streaming", "must be an address that begins with wss:// or https://"});
    }
    return errors;
  }

  io::Task<> read(SourceContext context, json::object settings, std::string cursor,
                  Sink& sink) const override {
    const Server server = server_of(settings);
    MastodonEvents events(cursor);
    for (int failures = 0; failures < failures_max;) {
      const Ending ending = co_await listen(context, server, events, sink);
      failures = ending.got_something ? 0 : failures + 1;
      if (failures == failures_max) throw base::Unavailable(ending.reason);
      sink.note("Reconnecting: " + ending.reason);
      co_await io::sleep_for(with_jitter(1s));
    }
  }
};

}  // namespace

std::unique_ptr<Source> make_mastodon_stream() { return std::make_unique<MastodonStream>(); }

}  // namespace trends
