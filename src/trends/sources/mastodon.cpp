// Mastodon: the trend lists and the public timeline of chosen instances, polled.
//
// Every list of every instance has its own rhythm and its own failures: a server that keeps its
// timeline to members still tells its trends. Only when nothing at all can be read the source
// fails.
#include "base/text.h"
#include "trends/source.h"
#include "trends/sources/mastodon_items.h"
#include "trends/sources/polite.h"

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr int pages_max = 5;
constexpr int page_size = 40;
constexpr std::size_t instances_max = 20;
constexpr auto after_refusal = 1h;

enum class List { tags, statuses, links, timeline };

std::string instance_url(std::string text) {
  text = without_slash(std::string(base::trim(text)));
  return text.find("://") == std::string::npos ? "https://" + text : text;
}

// One list of one instance.
struct Part {
  std::string base_url;
  std::string token;
  List list = List::tags;
  std::chrono::steady_clock::time_point next_at{};
  std::string error = {};
  bool read_once = false;
  std::chrono::seconds wait{0};  // what the server asked for last

  std::string host() const { return host_of(base_url); }
};

struct Position {
  Tally tally;
  std::map<std::string, std::string> since;  // newest status id by host

  std::string to_text() const {
    json::object newest;
    for (const auto& [host, id] : since) newest[host] = id;
    return json::serialize(json::object{{"since", newest}, {"tally", tally.to_json()}});
  }

  static Position parse(std::string_view text) {
    Position position;
    auto value = base::parse_json(text);
    if (!value || !value->is_object()) return position;
    if (const auto* tally = base::find(*value, "/tally")) position.tally = Tally::parse(*tally);
    const auto* since = base::find(*value, "/since");
    if (since == nullptr || !since->is_object()) return position;
    for (const auto& [host, id] : since->get_object()) {
      const bool is_number =
          id.is_string() && !id.get_string().empty() && id.get_string().size() <= 40 &&
          std::ranges::all_of(id.get_string(), [](char c) { return c >= '0' && c <= '9'; });
      if (is_number && position.since.size() < instances_max) {
        position.since[std::string(host)] = std::string(id.get_string());
      }
    }
    return position;
  }
};

struct Answer {
  json::value body;
  std::chrono::seconds wait{0};
};

io::Task<Answer> ask(SourceContext context, Part part, std::string path) {
  Get request{.url = part.base_url + path};
  if (!part.token.empty()) request.headers.set("Authorization", "Bearer " + part.token);
  auto response = co_await get(context, std::move(request));
  auto body = base::parse_json(response.body);
  if (!body) throw base::Unavailable(part.host() + " sent something that is not JSON");
  co_return Answer{std::move(*body), asked_to_wait(response, context.clock->now())};
}

io::Task<std::chrono::seconds> read_list(SourceContext context, Part part, Position& position,
                                         Batch& batch) {
  const std::string name = part.list == List::tags    ? "tags"
                           : part.list == List::links ? "links"
                                                      : "statuses";
  auto answer = co_await ask(context, part, fmt::format("/api/v1/trends/{}?limit=20", name));
  const auto now = context.clock->now();
  if (part.list == List::statuses) {
    read_trending_statuses(answer.body, now, position.tally, batch);
  } else {
    const auto kind = part.list == List::tags ? TrendList::tags : TrendList::links;
    read_trend_list(answer.body, kind, part.host(), now, position.tally, batch);
  }
  co_return answer.wait;
}

// Pages backwards from the newest to the last one known, as far as is polite; the newest page only
// at the first look.
io::Task<std::chrono::seconds> read_timeline(SourceContext context, Part part, Position& position,
                                             Batch& batch) {
  const std::string since = position.since[part.host()];
  std::string newest = since;
  std::string before;
  std::chrono::seconds wait{0};
  for (int page = 0; page < pages_max && wait.count() == 0; ++page) {
    std::string path = fmt::format("/api/v1/timelines/public?limit={}", page_size);
    if (!since.empty()) path += "&since_id=" + since;
    if (!before.empty()) path += "&max_id=" + before;
    auto answer = co_await ask(context, part, path);
    read_statuses(answer.body, context.clock->now(), batch);
    wait = answer.wait;
    if (page == 0 && !newest_id(answer.body).empty()) newest = newest_id(answer.body);
    const std::string oldest = oldest_id(answer.body);
    const bool last =
        answer.body.get_array().size() < page_size || oldest.empty() || oldest == before;
    if (since.empty() || last) break;
    before = oldest;
  }
  position.since[part.host()] = newest;
  co_return wait;
}

// How one look ended: never by an exception, unless cancelled.
struct Look {
  Batch batch;
  std::string error = {};
  std::chrono::seconds wait{0};
};

io::Task<Look> look(SourceContext context, Part part, Position& position) {
  Look look;
  Position after = position;
  try {
    look.wait = part.list == List::timeline
                    ? co_await read_timeline(context, part, after, look.batch)
                    : co_await read_list(context, part, after, look.batch);
    position = std::move(after);
  } catch (const AskedToWait& asked) {
    look.error = asked.what();
    look.wait = std::max<std::chrono::seconds>(asked.after, 1min);
  } catch (const base::Unavailable& error) {
    look.error = error.what();
  }
  co_return look;
}

std::string names_of_failures(const std::vector<Part>& parts) {
  std::string text;
  for (const Part& part : parts) {
    if (part.error.empty() || text.find(part.error) != std::string::npos) continue;
    if (text.size() > 300) return text + " ...";
    text += (text.empty() ? "" : "; ") + part.error;
  }
  return text;
}

class Mastodon final : public Source {
 public:
  const SourceAbout& about() const override {
    using Type = networks::Setting::Type;
    static const SourceAbout about{
        .id = "mastodon",
        .label = "Mastodon",
        .help = "What trends on Mastodon servers, and their public posts. Needs no account.",
        .settings = {{.key = "instances",
                      .label = "Servers",
                      .help = "Names or addresses of servers, one per line.",
                      .type = Type::list,
                      .required = false,
                      .fallback = "https://mastodon.social"},
                     {.key = "lists",
                      .label = "What to read",
                      .help = "tags, statuses, links (their trend lists) and timeline (public "
                              "posts), one per line.",
                      .type = Type::list,
                      .required = false,
                      .fallback = "tags\nstatuses\nlinks\ntimeline"},
                     {.key = "access_token",
                      .label = "Access token",
                      .help = "For servers that show their public posts to members only; sent to "
                              "the first server alone.",
                      .type = Type::secret,
                      .required = false},
                     {.key = "trends_every",
                      .label = "Read trend lists every",
                      .help = "At least 1m.",
                      .required = false,
                      .fallback = "5m"},
                     {.key = "timeline_every",
                      .label = "Read public posts every",
                      .help = "At least 10s.",
                      .required = false,
                      .fallback = "60s"}},
        .on_by_default = true,
        .polled = true};
    return about;
  }

  std::string label(const json::object& settings) const override {
    const auto instances = list_setting(settings, "instances");
    if (instances.empty()) return "Mastodon";
    std::string label = "Mastodon: " + host_of(instance_url(instances.front()));
    if (instances.size() > 1) label += fmt::format(" and {} more", instances.size() - 1);
    return label;
  }

  std::vector<base::FieldError> check(const json::object& settings) const override {
    std::vector<base::FieldError> errors;
    const auto instances = list_setting(settings, "instances");
    if (instances.empty() || instances.size() > instances_max) {
      errors.push_back({"instances", fmt::format("needs 1 to {} servers", instances_max)});
    }
    for (const auto& instance : instances) {
      const auto url = instance_url(instance);
      const bool web = url.starts_with("https://") || url.starts_with("http://");
      const auto host = host_of(url);
      if (!web || host.empty() || host.find_first_of(" \t@\"'<>") != std::string::npos) {
        errors.push_back({"instances", "each must be a server name or its http(s) address"});
        break;
      }
    }
    const auto lists = list_setting(settings, "lists");
    if (lists.empty())
      errors.push_back({"lists", "needs at least one of tags, statuses, links, timeline"});
    for (const auto& name : lists) {
      if (list_by_name(name)) continue;
      errors.push_back({"lists", "each must be one of tags, statuses, links, timeline"});
      break;
    }
    check_duration(settings, "trends_every", errors);
    check_duration(settings, "timeline_every", errors);
    return errors;
  }

  io::Task<> read(SourceContext context, json::object settings, std::string cursor,
                  Sink& sink) const override {
    Position position = Position::parse(cursor);
    std::vector<Part> parts = parts_of(settings);
    const auto trends_every = duration_setting(settings, "trends_every", 5min, 1min, 24h);
    const auto timeline_every = duration_setting(settings, "timeline_every", 60s, 10s, 24h);
    for (;;) {
      for (Part& part : parts) {
        const auto now = std::chrono::steady_clock::now();
        if (part.next_at > now) continue;
        auto result = co_await look(context, part, position);
        const auto every = part.list == List::timeline ? timeline_every : trends_every;
        settle(part, result, now + with_jitter(every));
        if (result.error.empty()) {
          sink.connected();
          result.batch.cursor = position.to_text();
          co_await sink.take(std::move(result.batch));
        }
      }
      tell(parts, sink);
      co_await pause_until_next(context, parts);
    }
  }

 private:
  static std::optional<List> list_by_name(std::string_view name) {
    if (name == "tags") return List::tags;
    if (name == "statuses") return List::statuses;
    if (name == "links") return List::links;
    if (name == "timeline") return List::timeline;
    return {};
  }

  static std::vector<Part> parts_of(const json::object& settings) {
    std::vector<Part> parts;
    std::string token = text_setting(settings, "access_token");
    for (const auto& instance : list_setting(settings, "instances")) {
      for (const auto& name : list_setting(settings, "lists")) {
        const auto list = list_by_name(name);
        if (list)
          parts.push_back({.base_url = instance_url(instance), .token = token, .list = *list});
      }
      token.clear();
    }
    return parts;
  }

  static void settle(Part& part, const Look& result, std::chrono::steady_clock::time_point next) {
    const auto now = std::chrono::steady_clock::now();
    part.error = result.error;
    part.wait = result.wait;
    part.next_at = next;
    if (result.wait.count() > 0) part.next_at = std::max(part.next_at, now + result.wait);
    if (result.error.empty()) {
      part.read_once = true;
    } else if (!part.read_once && result.wait.count() == 0) {
      // Refused from the start: it is not for us; others of this server may be.
      part.next_at = std::max(part.next_at, now + after_refusal);
    }
  }

  static void tell(const std::vector<Part>& parts, Sink& sink) {
    const auto failing = [](const Part& part) { return !part.error.empty(); };
    if (std::ranges::all_of(parts, failing)) {
      const auto wait = std::ranges::max(parts, {}, &Part::wait).wait;
      if (wait.count() > 0) throw AskedToWait(names_of_failures(parts), wait);
      throw base::Unavailable(names_of_failures(parts));
    }
    sink.note(std::ranges::any_of(parts, failing)
                  ? "Some lists cannot be read: " + names_of_failures(parts)
                  : "");
  }

  static io::Task<> pause_until_next(SourceContext context, std::vector<Part>& parts) {
    const auto next = std::ranges::min(parts, {}, &Part::next_at).next_at;
    const auto now = std::chrono::steady_clock::now();
    co_await pause(context, std::max<std::chrono::nanoseconds>(next - now, 1s));
    if (context.wake == nullptr || std::chrono::steady_clock::now() >= next) co_return;
    // Somebody asked: everything that is not under a ban is read now.
    for (Part& part : parts) {
      if (part.error.empty()) part.next_at = {};
    }
  }
};

}  // namespace

std::unique_ptr<Source> make_mastodon() { return std::make_unique<Mastodon>(); }

}  // namespace trends
