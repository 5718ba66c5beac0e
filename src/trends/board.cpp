#include "trends/board.h"

#include "base/json.h"
#include "base/text.h"
#include "trends/trend_json.h"

#include <cmath>

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr auto look_at_most_every = 1s;
constexpr auto ask_every = 2s;
constexpr auto remade_every = 60s;  // so that what is no longer seen leaves the windows
constexpr auto oldest = 24h;
constexpr double half_life_hours = 4;
constexpr std::size_t rendered_max = 64;
constexpr std::size_t earlier_max = 20;
constexpr std::size_t series_max = 500;
constexpr auto rising_within = 60min;

const Lane* lane_of(const std::vector<Lane>& lanes, const std::string& name) {
  const auto found = std::ranges::find(lanes, name, &Lane::name);
  return found == lanes.end() ? nullptr : &*found;
}

bool same_versions(const std::vector<Lane>& a, const std::vector<Lane>& b) {
  return std::ranges::equal(a, b, [](const Lane& x, const Lane& y) {
    return x.name == y.name && x.version == y.version && x.generated == y.generated;
  });
}

// An invented stream is shown as if its time were now.
base::Duration shift_of(const Lane& lane) {
  return lane.generated ? lane.at - lane.event_at : base::Duration{};
}

void add_texts(const json::object& body, std::string_view key, std::string& text) {
  const json::value* list = body.if_contains(key);
  if (list == nullptr || !list->is_array()) return;
  for (const json::value& item : list->get_array()) {
    if (item.is_string()) text.append("\n").append(item.get_string());
  }
}

std::string searchable(const json::object& body) {
  std::string text = base::text_at(json::value(body), "/label");
  add_texts(body, "aliases", text);
  add_texts(body, "terms", text);
  return base::fold(text);
}

bool has_share(const json::object& body, std::string_view key, std::string_view name) {
  const json::value* list = body.if_contains(key);
  if (list == nullptr || !list->is_array()) return false;
  return std::ranges::any_of(list->get_array(), [&](const json::value& item) {
    return base::text_at(item, "/id") == name;
  });
}

bool is_called(const json::object& body, const std::string& name) {
  if (bare_name(base::text_at(json::value(body), "/topic")) == name) return true;
  const json::value* aliases = body.if_contains("aliases");
  return aliases != nullptr && aliases->is_array() &&
         std::ranges::any_of(aliases->get_array(), [&](const json::value& alias) {
           return alias.is_string() && bare_name(alias.get_string()) == name;
         });
}

// Best first; without a rating as they stand.
template <class Entry>
std::vector<std::pair<const Entry*, double>> rated(const std::vector<Entry>& entries,
                                                   const Rating& rating) {
  std::vector<std::pair<const Entry*, double>> list;
  for (const Entry& entry : entries) {
    const double relevance = rating ? rating(entry.trend.body) : 1;
    if (relevance > 0) list.emplace_back(&entry, relevance);
  }
  if (!rating) return list;
  std::ranges::sort(list, [](const auto& a, const auto& b) {
    const double of_a = a.first->score * a.second;
    const double of_b = b.first->score * b.second;
    return of_a != of_b ? of_a > of_b : a.first < b.first;  // else as they stood
  });
  return list;
}

}  // namespace

Board::Board(io::Executor executor, db::Database& database, const base::Clock& clock)
    : store_(database), history_(database), clock_(clock), changed_(executor) {}

void Board::changed() {
  looked_at_ = {};
  changed_.notify();
}

io::Task<> Board::wait() { co_await changed_.wait_for(ask_every); }

io::Task<> Board::look() {
  if (contents_ && clock_.now() - looked_at_ < look_at_most_every) co_return;
  looked_at_ = clock_.now();
  auto lanes = co_await store_.lanes();
  const bool fresh = contents_ && same_versions(contents_->lanes, lanes) &&
                     clock_.now() - contents_->made_at < remade_every;
  if (fresh) co_return;
  contents_ = co_await read(std::move(lanes));
  rendered_.clear();
}

io::Task<Board::Contents> Board::read(std::vector<Lane> lanes) {
  Contents contents{.lanes = std::move(lanes), .entries = {}, .at = {}, .made_at = clock_.now()};
  for (const Lane& lane : contents.lanes) contents.at = std::max(contents.at, lane.at);
  for (StoredTrend& trend : co_await store_.seen_since(clock_.now() - oldest)) {
    const Lane* lane = lane_of(contents.lanes, trend.lane);
    if (lane == nullptr) continue;
    const double hours =
        base::to_seconds(std::max(base::Duration{}, lane->at - trend.seen_at)) / 3600;
    Entry entry{.trend = std::move(trend), .text = "", .score = 0};
    entry.text = searchable(entry.trend.body);
    entry.score = entry.trend.score * std::exp2(-hours / half_life_hours);
    entry.generated = lane->generated;
    entry.shift = shift_of(*lane);
    contents.entries.push_back(std::move(entry));
  }
  std::ranges::sort(contents.entries, [](const Entry& a, const Entry& b) {
    return a.score != b.score ? a.score > b.score : a.trend.id < b.trend.id;
  });
  co_return contents;
}

bool Board::fits(const Entry& entry, const TrendFilter& filter, const std::string& text) const {
  const json::object& body = entry.trend.body;
  return clock_.now() - entry.trend.seen_at <= filter.window &&
         (filter.kind.empty() || base::text_at(json::value(body), "/kind") == filter.kind) &&
         (filter.source.empty() || has_share(body, "sources", filter.source)) &&
         (filter.language.empty() || has_share(body, "languages", filter.language)) &&
         (text.empty() || entry.text.find(text) != std::string::npos);
}

std::string Board::render(const TrendFilter& filter, const Rating& rating, const Lens* lens) const {
  const std::string text = base::fold(filter.text);
  json::array items;
  bool generated = false;
  std::int64_t hidden = 0;
  for (const auto& [entry_of, relevance] : rated(contents_->entries, rating)) {
    const Entry& entry = *entry_of;
    if (!fits(entry, filter, text)) continue;
    if (lens != nullptr && lens->hides(entry.trend.body)) {
      ++hidden;
      continue;
    }
    if (items.size() >= filter.limit) continue;  // what is hidden is counted to the end
    json::object item = to_summary(entry.trend.body, {.id = entry.trend.id,
                                                      .first_seen_at = entry.trend.first_seen_at,
                                                      .seen_at = entry.trend.seen_at,
                                                      .generated = entry.generated,
                                                      .shift = entry.shift});
    item["score"] = std::round(entry.score * 1000) / 1000;
    if (rating) item["relevance"] = std::round(relevance * 1000) / 1000;
    items.push_back(std::move(item));
    generated = generated || entry.generated;
  }
  const base::Instant at = contents_->at == base::Instant{} ? contents_->made_at : contents_->at;
  return json::serialize(json::object{{"items", std::move(items)},
                                      {"at", base::format_rfc3339(at)},
                                      {"generated", generated},
                                      {"hidden", hidden}});
}

io::Task<std::string> Board::list(TrendFilter filter, Rating rating,
                                  std::shared_ptr<const Lens> lens) {
  co_await look();
  if (rating) co_return render(filter, rating, lens.get());
  const std::pair key(filter, lens ? lens->fingerprint() : "");
  if (const auto found = rendered_.find(key); found != rendered_.end()) co_return found->second;
  if (rendered_.size() >= rendered_max) rendered_.clear();
  co_return rendered_.emplace(key, render(filter, {}, lens.get())).first->second;
}

io::Task<std::vector<Board::Current>> Board::current(base::Duration window) {
  co_await look();
  std::vector<Current> current;
  for (const Entry& entry : contents_->entries) {
    if (clock_.now() - entry.trend.seen_at > window) continue;
    current.push_back({.trend = entry.trend, .score = entry.score, .generated = entry.generated});
  }
  co_return current;
}

io::Task<std::optional<Board::Current>> Board::follow(std::string id, base::Duration window) {
  const std::vector<Current> listed = co_await current(window);
  const auto itself =
      std::ranges::find(listed, id, [](const Current& each) { return each.trend.id; });
  if (itself != listed.end()) co_return *itself;
  const auto story = co_await store_.find(id);
  if (!story || clock_.now() - story->seen_at > oldest) co_return std::nullopt;
  const std::string name = bare_name(base::text_at(json::value(story->body), "/topic"));
  const auto heir = std::ranges::find_if(listed, [&](const Current& each) {
    return each.trend.lane == story->lane && is_called(each.trend.body, name);
  });
  if (heir == listed.end()) co_return std::nullopt;
  co_return *heir;
}

io::Task<std::optional<json::object>> Board::detail(std::string id,
                                                    std::shared_ptr<const Lens> lens) {
  co_await look();
  auto trend = co_await store_.find(id);
  if (!trend) co_return std::nullopt;
  const Lane* lane = lane_of(contents_->lanes, trend->lane);
  const base::Duration shift = lane != nullptr ? shift_of(*lane) : base::Duration{};
  auto points = co_await store_.points(id);
  if (points.empty()) points = closed_series(trend->body);
  if (lens) trend->body = lens->cleaned(std::move(trend->body));
  json::object detail = to_detail(trend->body, {.id = trend->id,
                                                .first_seen_at = trend->first_seen_at,
                                                .seen_at = trend->seen_at,
                                                .generated = lane != nullptr && lane->generated,
                                                .shift = shift});
  json::array series;
  for (const TrendPoint& point : thinned(points, series_max)) {
    series.push_back(json::object{{"at", base::format_rfc3339(point.at + shift)},
                                  {"observed", point.observed},
                                  {"expected", point.expected}});
  }
  detail["series"] = std::move(series);
  json::array past;
  for (const PastStory& story : co_await history_.earlier(id, earlier_max)) {
    past.push_back(shown_past(story));
  }
  detail["past"] = std::move(past);
  co_return detail;
}

json::object Board::shown_past(const PastStory& story) const {
  json::object past = to_past(story.trend.body, {.id = story.trend.id,
                                                 .first_seen_at = story.trend.first_seen_at,
                                                 .seen_at = story.trend.seen_at,
                                                 .generated = story.generated,
                                                 .shift = story.shift});
  past["rising"] = clock_.now() - story.trend.seen_at <= rising_within;
  return past;
}

io::Task<base::Result<json::object>> Board::past(HistoryQuery query,
                                                 std::shared_ptr<const Lens> lens) {
  const auto page = co_await history_.search(std::move(query));
  if (!page) co_return std::unexpected(page.error());
  json::array items;
  for (const PastStory& story : page->stories) {
    if (!lens || !lens->hides(story.trend.body)) items.push_back(shown_past(story));
  }
  json::value next(nullptr);
  if (!page->next_cursor.empty()) next = page->next_cursor;
  co_return json::object{{"items", std::move(items)}, {"next_cursor", std::move(next)}};
}

}  // namespace trends
