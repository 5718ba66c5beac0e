#include "trends/history.h"

#include "base/json.h"
#include "base/text.h"
#include "db/given.h"

#include <charconv>
#include <set>

#include <fmt/format.h>

namespace trends {
namespace {

constexpr std::size_t words_max = 8;
constexpr std::size_t close_at_once = 200;
constexpr std::size_t asked_together = 1000;

constexpr std::string_view columns =
    "t.id, t.lane, t.score, t.body, t.first_seen_at, t.seen_at, t.peaked_at, l.generated, l.at, "
    "l.event_at";

PastStory read_past(const db::Row& row) {
  PastStory story{.trend = read_trend(row),
                  .peaked_at = row["peaked_at"].instant(),
                  .generated = row["generated"].boolean()};
  if (story.generated) story.shift = row["at"].instant() - row["event_at"].instant();
  return story;
}

std::string like_pattern(std::string_view word) {
  std::string pattern = "%";
  for (const char c : word) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

// Where the next page begins: the peak and id of the last story of this one.
std::string cursor_of(const PastStory& story) {
  return fmt::format("{}.{}", base::to_micros(story.peaked_at), story.trend.id);
}

struct Place {
  base::Instant peaked_at;
  std::string id;
};

std::optional<Place> read_cursor(std::string_view cursor) {
  const auto dot = cursor.find('.');
  if (dot == std::string_view::npos || !base::is_uuid(cursor.substr(dot + 1))) return {};
  std::int64_t micros = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + dot, micros);
  if (error != std::errc{} || end != cursor.data() + dot) return {};
  return Place{base::from_micros(micros), std::string(cursor.substr(dot + 1))};
}

json::array without(const json::array& samples, const std::set<History::Post>& gone) {
  json::array left;
  for (const json::value& sample : samples) {
    const History::Post post{base::text_at(sample, "/source"), base::text_at(sample, "/id")};
    if (!gone.contains(post)) left.push_back(sample);
  }
  return left;
}

}  // namespace

std::vector<std::string> search_words(std::string_view text) {
  std::vector<std::string> words;
  const std::string folded = base::fold(text);
  for (const std::string_view word : base::split(folded, ' ')) {
    if (!word.empty() && words.size() < words_max) words.emplace_back(word);
  }
  return words;
}

History::History(db::Database& database) : database_(database) {}

io::Task<base::Result<History::Page>> History::search(HistoryQuery query) {
  db::Params params;
  const auto param = [&params](db::Value value) {
    params.push_back(std::move(value));
    return fmt::format("${}", params.size());
  };
  std::string where = "1 = 1";
  if (query.from) where += " AND t.peaked_at >= " + param(*query.from);
  if (query.to) where += " AND t.peaked_at < " + param(*query.to);
  if (!query.kind.empty()) where += " AND t.kind = " + param(query.kind);
  if (!query.category.empty()) where += " AND t.category = " + param(query.category);
  for (const std::string& word : query.words) {
    where += " AND t.names LIKE " + param(like_pattern(word)) + " ESCAPE '\\'";
  }
  if (!query.cursor.empty()) {
    const auto place = read_cursor(query.cursor);
    if (!place) co_return base::invalid("cursor", "is not one that this server gave out");
    const std::string at = param(place->peaked_at);
    where += " AND (t.peaked_at < " + at + " OR (t.peaked_at = " + at + " AND t.id < " +
             param(place->id) + "))";
  }
  const auto rows = co_await database_.execute(
      fmt::format("SELECT {} FROM trends t JOIN trend_lanes l ON l.lane = t.lane WHERE {} "
                  "ORDER BY t.peaked_at DESC, t.id DESC LIMIT {}",
                  columns, where, query.limit + 1),
      std::move(params));
  Page page;
  for (const db::Row& row : rows) {
    if (page.stories.size() == query.limit) {
      page.next_cursor = cursor_of(page.stories.back());
      break;
    }
    page.stories.push_back(read_past(row));
  }
  co_return page;
}

io::Task<std::vector<PastStory>> History::earlier(std::string trend, std::size_t limit) {
  const auto rows = co_await database_.execute(
      fmt::format("SELECT {} FROM trends t JOIN trend_lanes l ON l.lane = t.lane "
                  "JOIN trends mine ON mine.id = $1 AND mine.lane = t.lane "
                  "WHERE t.id <> $1 AND t.first_seen_at < mine.first_seen_at AND t.id IN "
                  "(SELECT other.trend FROM trend_names own JOIN trend_names other "
                  "ON other.lane = own.lane AND other.name = own.name WHERE own.trend = $1) "
                  "ORDER BY t.peaked_at DESC, t.id DESC LIMIT {}",
                  columns, limit),
      {trend});
  std::vector<PastStory> stories;
  for (const db::Row& row : rows) stories.push_back(read_past(row));
  co_return stories;
}

io::Task<std::size_t> History::close(base::Instant seen_before) {
  const auto rows = co_await database_.execute(
      "SELECT id FROM trends WHERE closed = 0 AND seen_at < $1 ORDER BY seen_at LIMIT $2",
      {seen_before, close_at_once});
  for (const db::Row& row : rows) co_await close_one(row["id"].text());
  co_return rows.size();
}

io::Task<> History::close_one(std::string trend) {
  auto transaction = co_await database_.begin();
  const auto rows = co_await transaction->execute(
      "UPDATE trends SET closed = 1 WHERE id = $1 AND closed = 0 RETURNING body", {trend});
  if (rows.empty()) co_return;
  std::vector<TrendPoint> series;
  for (const db::Row& row : co_await transaction->execute(
           "SELECT at, observed, expected FROM trend_points WHERE trend = $1 ORDER BY at",
           {trend})) {
    series.push_back({row["at"].instant(), row["observed"].real(), row["expected"].real()});
  }
  if (auto body = base::parse_json(rows[0]["body"].text()); body && body->is_object()) {
    co_await transaction->execute("UPDATE trends SET body = $2 WHERE id = $1",
                                  {trend, json::serialize(to_closed(body->get_object(), series))});
  }
  co_await transaction->execute("DELETE FROM trend_points WHERE trend = $1", {trend});
  co_await transaction->execute("DELETE FROM trend_posts WHERE trend = $1", {trend});
  co_await transaction->commit();
}

io::Task<std::size_t> History::take_back(std::vector<Post> posts) {
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < posts.size(); begin += asked_together) {
    const auto first = posts.begin() + static_cast<std::ptrdiff_t>(begin);
    const std::size_t size = std::min(asked_together, posts.size() - begin);
    count += co_await take_back_some({first, first + static_cast<std::ptrdiff_t>(size)});
  }
  co_return count;
}

io::Task<std::size_t> History::take_back_some(std::set<Post> gone) {
  db::GivenRows given(database_.dialect(),
                      {{"source", db::Column::text}, {"post", db::Column::text}});
  for (const Post& post : gone) given.add({post.source, post.id});
  const auto shown = co_await database_.execute(
      fmt::format("WITH {} SELECT DISTINCT p.trend FROM trend_posts p JOIN given "
                  "ON p.source = given.source AND p.post = given.post",
                  given.table()),
      given.take());
  for (const db::Row& row : shown) {
    const std::string trend = row["trend"].text();
    auto transaction = co_await database_.begin();
    const auto rows =
        co_await transaction->execute("SELECT body FROM trends WHERE id = $1", {trend});
    if (rows.empty()) continue;
    auto body = base::parse_json(rows[0]["body"].text());
    json::value* samples =
        body && body->is_object() ? body->get_object().if_contains("samples") : nullptr;
    if (samples == nullptr || !samples->is_array()) continue;
    *samples = without(samples->get_array(), gone);
    co_await transaction->execute("UPDATE trends SET body = $2 WHERE id = $1",
                                  {trend, json::serialize(*body)});
    for (const Post& post : gone) {
      co_await transaction->execute(
          "DELETE FROM trend_posts WHERE source = $1 AND post = $2 AND trend = $3",
          {post.source, post.id, trend});
    }
    co_await transaction->commit();
  }
  co_return shown.size();
}

}  // namespace trends
