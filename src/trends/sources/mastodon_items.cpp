#include "trends/sources/mastodon_items.h"

#include "base/text.h"

#include <charconv>
#include <cmath>

namespace trends {
namespace {

constexpr std::size_t tally_max = 2000;
constexpr std::size_t list_max = 200;
constexpr std::size_t tags_max = 30;
constexpr std::size_t content_max = 64 * 1024;
constexpr double count_max = 1e7;
constexpr double day_max = 1e11;  // seconds
constexpr std::int64_t day_seconds = 86'400;

const json::array* array_of(const json::value* value) {
  return value != nullptr ? value->if_array() : nullptr;
}

// Numbers of trend lists come as strings; some servers send numbers.
double number_of(const json::value* value, double max = count_max) {
  double number = 0;
  if (value == nullptr) return -1;
  if (value->is_number()) {
    number = value->to_number<double>();
  } else if (value->is_string()) {
    const auto text = value->get_string();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return -1;
  } else {
    return -1;
  }
  return std::isfinite(number) && number >= 0 ? std::min(number, max) : -1;
}

// Ids are decimal numbers as text: the longer is the larger.
bool id_less(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

bool is_id(const std::string& text) {
  return !text.empty() && text.size() <= 40 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

template <class Better>
std::string pick_id(const json::value& list, Better better) {
  std::string best;
  if (!list.is_array()) return best;
  for (const json::value& status : list.get_array()) {
    std::string id = base::text_at(status, "/id");
    if (is_id(id) && (best.empty() || better(id, best))) best = std::move(id);
  }
  return best;
}

std::string text_of_status(const json::value& status) {
  std::string text = base::text_at(status, "/spoiler_text");
  if (!text.empty()) text += '\n';
  const std::string content = base::text_at(status, "/content");
  return text + base::html_to_text(std::string_view(content).substr(0, content_max));
}

void read_tags(const json::value& status, Mention& mention) {
  const auto* tags = array_of(base::find(status, "/tags"));
  if (tags == nullptr) return;
  for (const json::value& tag : *tags) {
    if (mention.tags.size() >= tags_max) break;
    if (auto name = base::text_at(tag, "/name"); !name.empty()) {
      mention.tags.push_back(std::move(name));
    }
  }
}

// The weight that a first look finds, laid out over the hours of the day so far.
void spread_day(const Mention& pattern, double total, base::Instant now, Batch& batch) {
  const auto midnight = std::chrono::floor<std::chrono::days>(now);
  const auto hours = std::chrono::ceil<std::chrono::hours>(now - midnight).count();
  const auto parts = std::max<std::int64_t>(1, hours);
  for (std::int64_t part = 0; part < parts; ++part) {
    Mention mention = pattern;
    mention.id += fmt::format("/{}", part);
    mention.at = std::min<base::Instant>(
        now, midnight + std::chrono::hours{part} + std::chrono::minutes{30});
    mention.weight = total / static_cast<double>(parts);
    if (mention.weight >= 0.01) batch.mentions.push_back(std::move(mention));
  }
}

struct Today {
  std::int64_t day = 0;  // Unix time of its midnight
  double accounts = -1;
};

// history[0] is the running day.
Today today_of(const json::value& item) {
  return {static_cast<std::int64_t>(number_of(base::find(item, "/history/0/day"), day_max)),
          number_of(base::find(item, "/history/0/accounts"))};
}

}  // namespace

std::optional<double> Tally::grow(const std::string& topic, std::int64_t day, double total,
                                  Counting counting) {
  const auto [entry, is_new] = entries_.try_emplace(topic, Entry{day, total});
  if (is_new) return {};
  Entry& last = entry->second;
  if (day < last.day) return 0;
  const bool goes_on = day == last.day || counting == Counting::for_ever;
  const double before = goes_on ? last.total : 0;
  last = {day, std::max(total, before)};
  return std::max(0.0, total - before);
}

void Tally::prune(std::int64_t day) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.day < day; });
  while (entries_.size() > tally_max) entries_.erase(entries_.begin());
}

json::object Tally::to_json() const {
  json::object object;
  for (const auto& [topic, entry] : entries_) object[topic] = json::array{entry.day, entry.total};
  return object;
}

Tally Tally::parse(const json::value& value) {
  Tally tally;
  if (!value.is_object()) return tally;
  for (const auto& [topic, entry] : value.get_object()) {
    if (!entry.is_array() || entry.get_array().size() != 2) continue;
    const double day = number_of(&entry.get_array()[0], day_max);
    const double total = number_of(&entry.get_array()[1]);
    if (day < 0 || total < 0) continue;
    tally.entries_[topic] = {static_cast<std::int64_t>(day), total};
    if (tally.entries_.size() >= tally_max) break;
  }
  return tally;
}

void read_status(const json::value& status, base::Instant now, Batch& batch) {
  const json::value* boosted = base::find(status, "/reblog");
  const bool is_boost = boosted != nullptr && boosted->is_object();
  const json::value& said = is_boost ? *boosted : status;
  const auto made = base::parse_rfc3339(base::text_at(status, "/created_at"));
  Mention mention{.id = base::text_at(status, "/uri"),
                  .at = made ? std::min(*made, now) : now,
                  .author = base::text_at(status, "/account/url"),
                  .text = text_of_status(said),
                  .language = base::text_at(said, "/language")};
  if (mention.id.empty()) mention.id = base::text_at(status, "/url");
  if (mention.author.empty()) mention.author = base::text_at(status, "/account/acct");
  if (!made || mention.id.empty() || mention.author.empty()) {
    ++batch.rejected;
    return;
  }
  read_tags(said, mention);
  if (auto link = base::text_at(said, "/card/url"); !link.empty()) {
    mention.links.push_back(std::move(link));
  }
  mention.url = base::text_at(said, "/url");
  mention.repost = is_boost;
  batch.mentions.push_back(std::move(mention));
}

void read_statuses(const json::value& list, base::Instant now, Batch& batch) {
  if (!list.is_array()) {
    throw base::Unavailable("The list of statuses is not a list");
  }
  std::size_t left = list_max;
  for (const json::value& status : list.get_array()) {
    if (left-- == 0) break;
    read_status(status, now, batch);
  }
}

void read_trending_statuses(const json::value& list, base::Instant now, Tally& tally,
                            Batch& batch) {
  const std::size_t first = batch.mentions.size();
  read_statuses(list, now, batch);
  const auto today = std::chrono::floor<std::chrono::days>(now).time_since_epoch();
  const std::int64_t day = std::chrono::duration_cast<std::chrono::seconds>(today).count();
  std::map<std::string, double> boosts;
  for (const json::value& status : list.get_array()) {
    const double count = number_of(base::find(status, "/reblogs_count"));
    if (count >= 0) boosts[base::text_at(status, "/uri")] = count;
  }
  const std::size_t end = batch.mentions.size();
  for (std::size_t index = first; index < end; ++index) {
    const auto count = boosts.find(batch.mentions[index].id);
    if (count == boosts.end()) continue;
    const auto grown =
        tally.grow("s:" + count->first, day, count->second, Tally::Counting::for_ever);
    if (!grown || *grown < 1) continue;
    Mention boost = batch.mentions[index];
    boost.id += fmt::format("#boosts-{:.0f}", count->second);
    boost.at = now;
    boost.author.clear();
    boost.repost = true;
    boost.weight = *grown;
    batch.mentions.push_back(std::move(boost));
  }
}

void read_trend_list(const json::value& list, TrendList kind, const std::string& instance,
                     base::Instant now, Tally& tally, Batch& batch) {
  if (!list.is_array()) throw base::Unavailable("The trend list is not a list");
  const bool tags = kind == TrendList::tags;
  std::size_t left = list_max;
  for (const json::value& item : list.get_array()) {
    if (left-- == 0) break;
    const std::string name = base::text_at(item, tags ? "/name" : "/url");
    const Today today = today_of(item);
    if (name.empty() || today.accounts < 0 || today.day <= 0) {
      ++batch.rejected;
      continue;
    }
    const std::string topic = fmt::format("{}:{}:{}", tags ? 't' : 'l', instance, name);
    const auto grown = tally.grow(topic, today.day, today.accounts, Tally::Counting::per_day);
    Mention mention{.id = fmt::format("{}/{}/{:.0f}", topic, today.day, today.accounts),
                    .at = now,
                    .author = "",
                    .text = tags ? "#" + name : base::text_at(item, "/title"),
                    .language = tags ? "" : base::text_at(item, "/language")};
    if (tags) mention.tags = {name};
    if (!tags) mention.links = {name};
    mention.url = base::text_at(item, "/url");
    if (!grown) {
      spread_day(mention, today.accounts, now, batch);
    } else if (*grown >= 1) {
      mention.weight = *grown;
      batch.mentions.push_back(std::move(mention));
    }
  }
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  tally.prune(seconds - seconds % day_seconds - 2 * day_seconds);
}

std::string newest_id(const json::value& list) {
  return pick_id(list, [](const auto& a, const auto& b) { return id_less(b, a); });
}

std::string oldest_id(const json::value& list) { return pick_id(list, id_less); }

}  // namespace trends
