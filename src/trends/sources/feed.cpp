// RSS, Atom and JSON feeds, polled politely: conditional requests, the feed's own rhythm, permanent
// redirects remembered, feeds that are gone left alone.
#include "base/json.h"
#include "base/text.h"
#include "trends/source.h"
#include "trends/sources/feed_items.h"
#include "trends/sources/polite.h"

#include <charconv>

namespace trends {
namespace {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t feeds_max = 20;
constexpr int hops_max = 5;
constexpr std::size_t body_max = 8 * 1024 * 1024;
constexpr auto every_min = 1min;
constexpr auto every_max = 24h;
constexpr std::size_t validator_max = 500;

struct Feed {
  std::string url;      // as configured: its name in the cursor
  std::string address;  // where it is now (after permanent redirects)
  std::string etag = {};
  std::string modified = {};
  bool gone = false;
  std::string error = {};
  std::chrono::seconds wait{0};  // what the server asked for last
  int failures = 0;
  SteadyTime next_at{};
};

std::string to_cursor(const std::vector<Feed>& feeds) {
  json::object object;
  for (const Feed& feed : feeds) {
    json::object state{{"etag", feed.etag}, {"modified", feed.modified}, {"gone", feed.gone}};
    if (feed.address != feed.url) state["address"] = feed.address;
    object[feed.url] = std::move(state);
  }
  return json::serialize(object);
}

bool is_web(std::string_view url) {
  return (url.starts_with("https://") || url.starts_with("http://")) && !host_of(url).empty();
}

std::vector<Feed> from_cursor(const std::vector<std::string>& urls, std::string_view cursor) {
  auto value = base::parse_json(cursor);
  std::vector<Feed> feeds;
  for (const std::string& url : urls) {
    Feed feed{.url = url, .address = url};
    const auto* object = value ? value->if_object() : nullptr;
    if (const auto* state = object != nullptr ? object->if_contains(url) : nullptr) {
      feed.etag = base::text_at(*state, "/etag");
      feed.modified = base::text_at(*state, "/modified");
      feed.gone = base::boolean_at(*state, "/gone");
      const auto address = base::text_at(*state, "/address");
      if (is_web(address)) feed.address = address;
    }
    feeds.push_back(std::move(feed));
  }
  return feeds;
}

// "Location" against the address that sent it.
std::string resolve(const std::string& base_url, std::string_view location) {
  if (location.find("://") != std::string_view::npos) return std::string(location);
  const auto scheme_end = base_url.find("://") + 3;
  if (location.starts_with("//")) {
    return base_url.substr(0, scheme_end - 2) + std::string(location);
  }
  const auto path = std::min(base_url.find_first_of("/?#", scheme_end), base_url.size());
  if (location.starts_with('/')) return base_url.substr(0, path) + std::string(location);
  const auto end = std::min(base_url.find_first_of("?#", path), base_url.size());
  const auto folder = base_url.rfind('/', end);
  const bool has_folder = folder != std::string::npos && folder >= scheme_end && folder < end;
  return base_url.substr(0, has_folder ? folder : path) + "/" + std::string(location);
}

std::chrono::seconds max_age(const http::Headers& headers) {
  const std::string_view control = headers.get("Cache-Control");
  const auto at = control.find("max-age=");
  if (at == std::string_view::npos) return 0s;
  std::int64_t seconds = 0;
  std::from_chars(control.data() + at + 8, control.data() + control.size(), seconds);
  return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, 86'400)};
}

struct Fetched {
  http::ClientResponse response;
  std::string address;  // where only permanent redirects led to
};

io::Task<Fetched> fetch(SourceContext context, Feed feed) {
  std::string url = feed.address;
  Fetched fetched{.response = {}, .address = url};
  bool permanent = true;
  for (int hop = 0; hop <= hops_max; ++hop) {
    Get request{.url = url, .body_max = body_max};
    request.redirects_are_answers = true;
    request.gone_is_an_answer = true;
    request.headers.set("Accept",
                        "application/atom+xml, application/rss+xml, application/feed+json, "
                        "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1");
    if (!feed.etag.empty()) request.headers.set("If-None-Match", feed.etag);
    if (!feed.modified.empty()) request.headers.set("If-Modified-Since", feed.modified);
    fetched.response = co_await get(context, std::move(request));
    const int status = fetched.response.status;
    const std::string_view location = fetched.response.headers.get("Location");
    if (status < 300 || status == 304 || status >= 400 || location.empty()) co_return fetched;
    url = resolve(url, location);
    if (!is_web(url))
      throw base::Unavailable(host_of(feed.address) +
                              " redirects to something that is not a web address");
    permanent = permanent && (status == 301 || status == 308);
    if (permanent) fetched.address = url;
  }
  throw base::Unavailable(host_of(feed.address) + " redirects in circles");
}

// A validator goes back as a header: only what fits one is kept.
std::string validator(std::string_view text) {
  const bool fits = text.size() <= validator_max &&
                    std::ranges::all_of(text, [](char c) { return c >= ' ' && c != 0x7F; });
  return fits ? std::string(text) : "";
}

// How one look ended: never by an exception, unless cancelled.
struct Look {
  Batch batch;
  std::chrono::seconds every{0};  // what the feed or its server asks for
};

Look read_answer(Feed& feed, Fetched fetched, base::Instant now) {
  Look look;
  const auto& response = fetched.response;
  look.every = max_age(response.headers);
  feed.address = fetched.address;
  if (response.status == 304) return look;
  if (response.status == 410) {
    feed.gone = true;
    return look;
  }
  auto parsed = parse_feed(response.body, response.headers.get("Content-Type"), feed.url, now);
  if (!parsed) throw base::Unavailable(host_of(feed.url) + ": " + parsed.error().message);
  feed.etag = validator(response.headers.get("ETag"));
  feed.modified = validator(response.headers.get("Last-Modified"));
  look.every = std::max<std::chrono::seconds>(look.every, parsed->every);
  look.batch = {
      .mentions = std::move(parsed->mentions), .cursor = "", .rejected = parsed->rejected};
  return look;
}

io::Task<Look> look(SourceContext context, Feed& feed) {
  feed.error.clear();
  feed.wait = 0s;
  try {
    auto fetched = co_await fetch(context, feed);
    auto look = read_answer(feed, std::move(fetched), context.clock->now());
    feed.failures = 0;
    co_return look;
  } catch (const AskedToWait& asked) {
    feed.error = asked.what();
    feed.wait = std::max<std::chrono::seconds>(asked.after, 1min);
  } catch (const base::Unavailable& error) {
    feed.error = error.what();
  }
  ++feed.failures;
  co_return Look{};
}

class FeedSource final : public Source {
 public:
  const SourceAbout& about() const override {
    static const SourceAbout about{
        .id = "feed",
        .label = "Feeds",
        .help = "RSS, Atom and JSON feeds of news sites and blogs.",
        .settings = {{.key = "urls",
                      .label = "Feeds",
                      .help = "Addresses of feeds, one per line.",
                      .type = networks::Setting::Type::list},
                     {.key = "every",
                      .label = "Read every",
                      .help = "Less often where a feed or its server asks for it. At least 1m.",
                      .required = false,
                      .fallback = "15m"}},
        .polled = true};
    return about;
  }

  std::string label(const json::object& settings) const override {
    const auto urls = list_setting(settings, "urls");
    if (urls.empty()) return "Feeds";
    if (urls.size() == 1) return "Feed: " + host_of(urls.front());
    return fmt::format("Feeds: {} and {} more", host_of(urls.front()), urls.size() - 1);
  }

  std::vector<base::FieldError> check(const json::object& settings) const override {
    std::vector<base::FieldError> errors;
    const auto urls = list_setting(settings, "urls");
    if (urls.empty() || urls.size() > feeds_max) {
      errors.push_back({"urls", fmt::format("needs 1 to {} addresses", feeds_max)});
    }
    if (!std::ranges::all_of(urls, is_web)) {
      errors.push_back({"urls", "each must be a web address that begins with https:// or http://"});
    }
    check_duration(settings, "every", errors);
    return errors;
  }

  io::Task<> read(SourceContext context, json::object settings, std::string cursor,
                  Sink& sink) const override {
    auto feeds = from_cursor(list_setting(settings, "urls"), cursor);
    const auto every = duration_setting(settings, "every", 15min, every_min, every_max);
    for (;;) {
      for (Feed& feed : feeds) {
        if (feed.gone || feed.next_at > std::chrono::steady_clock::now()) continue;
        auto result = co_await look(context, feed);
        feed.next_at = std::chrono::steady_clock::now() + next_look(feed, result, every);
        if (!feed.error.empty()) continue;
        sink.connected();
        result.batch.cursor = to_cursor(feeds);
        co_await sink.take(std::move(result.batch));
      }
      tell(feeds, sink);
      co_await pause_until_next(context, feeds);
    }
  }

 private:
  static std::chrono::milliseconds next_look(const Feed& feed, const Look& look,
                                             std::chrono::milliseconds every) {
    auto time = std::clamp<std::chrono::milliseconds>(look.every, every, every_max);
    if (feed.failures > 0)
      time = std::min<std::chrono::milliseconds>(every * (1LL << std::min(feed.failures - 1, 10)),
                                                 every_max);
    return std::max<std::chrono::milliseconds>(with_jitter(time), feed.wait);
  }

  static void tell(const std::vector<Feed>& feeds, Sink& sink) {
    std::string text;
    std::size_t failing = 0;
    std::chrono::seconds wait{0};
    for (const Feed& feed : feeds) {
      if (feed.error.empty() && !feed.gone) continue;
      ++failing;
      wait = std::max(wait, feed.wait);
      if (text.size() > 300) continue;
      text += (text.empty() ? "" : "; ") +
              (feed.gone ? host_of(feed.url) + " says that the feed is gone for ever" : feed.error);
    }
    if (failing == feeds.size() && wait.count() > 0) throw AskedToWait(text, wait);
    if (failing == feeds.size()) throw base::Unavailable(text);
    sink.note(failing == 0
                  ? ""
                  : fmt::format("{} of {} feeds cannot be read: {}", failing, feeds.size(), text));
  }

  static io::Task<> pause_until_next(SourceContext context, std::vector<Feed>& feeds) {
    auto next = SteadyTime::max();
    for (const Feed& feed : feeds) {
      if (!feed.gone) next = std::min(next, feed.next_at);
    }
    co_await pause(context, std::max<std::chrono::nanoseconds>(
                                next - std::chrono::steady_clock::now(), 100ms));
    if (context.wake == nullptr || std::chrono::steady_clock::now() >= next) co_return;
    for (Feed& feed : feeds) {
      if (feed.error.empty()) feed.next_at = {};
    }
  }
};

}  // namespace

std::unique_ptr<Source> make_feed() { return std::make_unique<FeedSource>(); }

}  // namespace trends
