// Hacker News: every story and comment, by walking the ids of its Firebase API from the last one
// read.
//
// Ids count up over stories and comments alike. The first start takes the newest stories and then
// walks on; an item that is not there yet (null) holds the walk up for a few rounds, because ids
// become visible out of order.
#include "trends/source.h"
#include "trends/sources/hacker_news_items.h"
#include "trends/sources/polite.h"
#include "trends/sources/together.h"

#include <charconv>

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t concurrency = 8;
constexpr std::size_t chunk = 64;
constexpr std::int64_t behind_max = 5000;  // about eight hours; what is older is let go
constexpr std::size_t first_stories = 60;
constexpr int holds_max = 3;
constexpr std::int64_t fresh_ids = 200;  // an older id that is not there will not come
constexpr std::size_t item_body_max = 512 * 1024;

enum class Fetch { pending, there, missing, failed };

struct Slot {
  std::int64_t id = 0;
  Fetch state = Fetch::pending;
  HackerNewsItem item = {};
  std::string error = {};
  std::chrono::seconds wait{-1};  // >= 0: the server asked for it
};

struct Walk {
  SourceContext context;
  std::string base_url;
  std::vector<Slot> slots = {};
  std::size_t next = 0;
};

io::Task<> fetch_one(Walk& walk, Slot& slot) {
  try {
    const auto item = co_await get_json(
        walk.context,
        {.url = fmt::format("{}/item/{}.json", walk.base_url, slot.id), .body_max = item_body_max});
    slot.state = item.is_null() ? Fetch::missing : Fetch::there;
    if (!item.is_null()) slot.item = read_hacker_news_item(item, walk.context.clock->now());
    // An answer about something else is no answer.
    const bool other = slot.item.verdict == ItemVerdict::mention &&
                       slot.item.mention.id != fmt::format("{}", slot.id);
    if (other) slot.item.verdict = ItemVerdict::broken;
  } catch (const AskedToWait& asked) {
    slot.state = Fetch::failed;
    slot.error = asked.what();
    slot.wait = asked.after;
  } catch (const base::Unavailable& error) {
    slot.state = Fetch::failed;
    slot.error = error.what();
  }
}

// One of several that take the next slot until none is left.
io::Task<> fetch_some(Walk& walk) {
  while (walk.next < walk.slots.size()) co_await fetch_one(walk, walk.slots[walk.next++]);
}

io::Task<> fetch_all(Walk& walk, std::size_t at_once = concurrency) {
  if (at_once == 1) return fetch_some(walk);
  return together(fetch_all(walk, at_once / 2), fetch_all(walk, at_once - at_once / 2));
}

[[noreturn]] void fail(const Slot& slot) {
  if (slot.wait.count() >= 0) throw AskedToWait(slot.error, slot.wait);
  throw base::Unavailable(slot.error);
}

struct Taken {
  Batch batch;
  std::int64_t last = 0;  // all ids up to here are done
  bool held = false;      // by an item that is not there yet
};

// Takes the slots in order up to the first that may still come: one above `wait_above` that is not
// there.
Taken take(const Walk& walk, std::int64_t last, std::int64_t wait_above) {
  Taken taken{.batch = {}, .last = last};
  for (const Slot& slot : walk.slots) {
    if (slot.state == Fetch::failed) break;
    if (slot.state == Fetch::missing && slot.id > wait_above) {
      taken.held = true;
      break;
    }
    taken.last = std::max(taken.last, slot.id);
    if (slot.state == Fetch::missing) continue;
    if (slot.item.verdict == ItemVerdict::broken) ++taken.batch.rejected;
    if (slot.item.verdict == ItemVerdict::mention)
      taken.batch.mentions.push_back(slot.item.mention);
  }
  taken.batch.cursor = fmt::format("{}", taken.last);
  return taken;
}

std::int64_t parse_cursor(std::string_view cursor) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), id);
  const bool whole = error == std::errc{} && end == cursor.data() + cursor.size();
  return whole && id > 0 && id < 1'000'000'000'000 ? id : 0;
}

class HackerNews final : public Source {
 public:
  const SourceAbout& about() const override {
    static const SourceAbout about{
        .id = "hacker_news",
        .label = "Hacker News",
        .help = "Every story and comment on Hacker News. Needs no account and no key.",
        .settings = {{.key = "base_url",
                      .label = "Address of the API",
                      .help = "The official one, unless you run a mirror.",
                      .type = networks::Setting::Type::url,
                      .required = false,
                      .fallback = "https://hacker-news.firebaseio.com/v0"},
                     {.key = "every",
                      .label = "Read every",
                      .help = "At least 5s.",
                      .required = false,
                      .fallback = "30s"}},
        .on_by_default = true,
        .polled = true};
    return about;
  }

  std::vector<base::FieldError> check(const json::object& settings) const override {
    std::vector<base::FieldError> errors;
    if (!text_setting(settings, "base_url").starts_with("http")) {
      errors.push_back({"base_url", "must begin with https:// or http://"});
    }
    check_duration(settings, "every", errors);
    return errors;
  }

  io::Task<> read(SourceContext context, json::object settings, std::string cursor,
                  Sink& sink) const override {
    const std::string base_url = without_slash(text_setting(settings, "base_url"));
    const auto every = duration_setting(settings, "every", 30s, 5s, 24h);
    std::int64_t last = parse_cursor(cursor);
    int holds = 0;
    for (;;) {
      const std::int64_t newest = co_await newest_id(context, base_url);
      sink.connected();
      if (last > newest + 1000) last = 0;  // a cursor of another server, or garbage
      if (last == 0) last = co_await begin(context, base_url, newest, sink);
      last = std::max(last, newest - behind_max);
      bool held = false;
      while (last < newest && !held) {
        Walk walk = ids(context, base_url, last + 1, newest);
        co_await fetch_all(walk);
        auto taken = take(walk, last, holds >= holds_max ? newest : newest - fresh_ids);
        held = taken.held;
        const bool advanced = taken.last > last;
        last = taken.last;
        co_await sink.take(std::move(taken.batch));
        if (advanced) holds = 0;
        const auto failed = std::ranges::find(walk.slots, Fetch::failed, &Slot::state);
        if (failed != walk.slots.end() && !held) fail(*failed);
      }
      holds = held ? holds + 1 : 0;
      co_await pause(context, with_jitter(every));
    }
  }

 private:
  static io::Task<std::int64_t> newest_id(SourceContext context, std::string base_url) {
    const auto value =
        co_await get_json(context, {.url = base_url + "/maxitem.json", .body_max = 1024});
    const std::int64_t id = base::integer_at(value, "");
    if (id <= 0) throw base::Unavailable(host_of(base_url) + " does not tell its newest item");
    co_return id;
  }

  static Walk ids(SourceContext context, std::string base_url, std::int64_t from, std::int64_t to) {
    Walk walk{.context = context, .base_url = std::move(base_url)};
    for (std::int64_t id = from; id <= to && walk.slots.size() < chunk; ++id)
      walk.slots.push_back({.id = id});
    return walk;
  }

  // The newest stories, so that the page has something at once.
  static io::Task<std::int64_t> begin(SourceContext context, std::string base_url,
                                      std::int64_t newest, Sink& sink) {
    const auto list = co_await get_json(context, {.url = base_url + "/newstories.json"});
    if (!list.is_array())
      throw base::Unavailable(host_of(base_url) + " sent no list of new stories");
    Walk walk{.context = context, .base_url = base_url};
    for (const json::value& id : list.get_array()) {
      const std::int64_t number = base::integer_at(id, "");
      if (number > 0 && number <= newest && walk.slots.size() < first_stories)
        walk.slots.push_back({.id = number});
    }
    co_await fetch_all(walk);
    const auto failed = std::ranges::find(walk.slots, Fetch::failed, &Slot::state);
    if (failed != walk.slots.end()) fail(*failed);
    auto taken = take(walk, newest, newest);
    taken.batch.cursor = fmt::format("{}", newest);
    co_await sink.take(std::move(taken.batch));
    co_return newest;
  }
};

}  // namespace

std::unique_ptr<Source> make_hacker_news() { return std::make_unique<HackerNews>(); }

}  // namespace trends
