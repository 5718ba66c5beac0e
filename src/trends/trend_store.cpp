#include "trends/trend_store.h"

#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "trends/trend_json.h"

#include <cmath>

namespace trends {
namespace {

constexpr std::size_t part_size = 256 * 1024;
constexpr std::size_t snapshot_max = 96 * 1024 * 1024;
constexpr std::size_t listed_max = 500;
constexpr std::size_t label_max = 300;
constexpr std::size_t names_max = 24;

// Takes the fence of the lane within a transaction; false when a later holder was there.
io::Task<bool> claim(db::Session& session, std::string lane, std::int64_t fence) {
  const auto done = co_await session.execute(
      "UPDATE trend_lanes SET fence = $2 WHERE lane = $1 AND fence <= $2", {lane, fence});
  co_return done.affected == 1;
}

// What is worth remembering as a name of the story: single words that never led it are too common.
std::vector<std::string> names_of(const Trend& trend, const KnownStory& story) {
  std::vector<std::string> names = story.led;
  for (const std::string& alias : trend.aliases) {
    const bool dressed = alias.find_first_of(" #$") != std::string::npos;
    if (dressed && names.size() < names_max) names.push_back(bare_name(alias));
  }
  std::erase_if(names,
                [](const std::string& name) { return name.empty() || name.size() > label_max; });
  return names;
}

}  // namespace

StoredTrend read_trend(const db::Row& row) {
  StoredTrend trend{.id = row["id"].text(),
                    .lane = row["lane"].text(),
                    .score = row["score"].real(),
                    .body = {},
                    .first_seen_at = row["first_seen_at"].instant(),
                    .seen_at = row["seen_at"].instant()};
  auto body = base::parse_json(row["body"].text());
  if (body && body->is_object()) trend.body = std::move(body->get_object());
  return trend;
}

TrendStore::TrendStore(db::Database& database) : database_(database) {}

io::Task<bool> TrendStore::open_lane(Lane lane, std::int64_t fence, bool anew) {
  auto transaction = co_await database_.begin();
  const auto rows = co_await transaction->execute(
      "INSERT INTO trend_lanes (lane, source, generated, fence, version, at, event_at) "
      "VALUES ($1, $2, $3, $4, 0, $5, $6) ON CONFLICT (lane) DO UPDATE SET fence = excluded.fence, "
      "generated = excluded.generated, version = trend_lanes.version + 1 "
      "WHERE trend_lanes.fence <= excluded.fence RETURNING lane",
      {lane.name, lane.source, lane.generated, fence, lane.at, lane.event_at});
  if (rows.empty()) co_return false;
  if (anew) {
    co_await transaction->execute(
        "DELETE FROM trend_points WHERE trend IN (SELECT id FROM trends WHERE lane = $1)",
        {lane.name});
    co_await transaction->execute("DELETE FROM trends WHERE lane = $1", {lane.name});
    co_await transaction->execute("DELETE FROM trend_snapshots WHERE lane = $1", {lane.name});
  }
  co_await transaction->commit();
  co_return true;
}

io::Task<StoryBook> TrendStore::known(std::string lane, base::Instant since) {
  const auto rows = co_await database_.execute(
      "SELECT t.id, t.lane, t.score, t.body, t.names, t.first_seen_at, t.seen_at, "
      "(SELECT MAX(p.at) FROM trend_points p WHERE p.trend = t.id) AS points_to "
      "FROM trends t WHERE t.lane = $1 AND t.seen_at >= $2 ORDER BY t.seen_at",
      {lane, since});
  StoryBook book;
  for (const db::Row& row : rows) {
    const StoredTrend stored = read_trend(row);
    KnownStory story = from_stored(stored.body);
    story.id = stored.id;
    story.search = row["names"].text();
    story.first_seen_at = stored.first_seen_at;
    story.seen_at = stored.seen_at;
    story.points_to = row["points_to"].instant();
    const auto posts = co_await database_.execute(
        "SELECT source, post FROM trend_posts WHERE trend = $1", {stored.id});
    for (const db::Row& post : posts) {
      story.posts.emplace_back(post["source"].text(), post["post"].text());
    }
    book.add(std::move(story));
  }
  co_return book;
}

io::Task<bool> TrendStore::write(Lane lane, std::int64_t fence, std::vector<Trend> trends,
                                 StoryBook& book) {
  StoryBook after = book;
  auto transaction = co_await database_.begin();
  const auto lanes = co_await transaction->execute(
      "UPDATE trend_lanes SET fence = $2, version = version + 1, at = $3, event_at = $4 "
      "WHERE lane = $1 AND fence <= $2",
      {lane.name, fence, lane.at, lane.event_at});
  if (lanes.affected != 1) co_return false;
  const auto told = after.tell(trends, lane.at);
  for (std::size_t i = 0; i < trends.size(); ++i) {
    co_await write_one(*transaction, lane, trends[i], after[told[i].story], told[i].is_new);
  }
  co_await transaction->commit();
  book = std::move(after);
  co_return true;
}

io::Task<> TrendStore::write_one(db::Session& session, const Lane& lane, const Trend& trend,
                                 KnownStory& story, bool is_new) {
  const json::object body = to_stored(trend, story);
  const double score = std::isfinite(trend.score) ? trend.score : 0;
  const std::string category = base::text_at(json::value(body), "/category");
  // An invented stream is shown as if its time were now.
  const base::Instant peaked_at = lane.generated ? lane.at : trend.last_peak;
  if (is_new) {
    co_await session.execute(
        "INSERT INTO trends (id, lane, topic, kind, label, score, body, first_seen_at, seen_at, "
        "best_score, best_at, names, category, peaked_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $6, $8, $9, $10, $11)",
        {story.id, lane.name, trend.id, kind_name(trend.kind), story.label.substr(0, label_max),
         score, json::serialize(body), lane.at, story.search, category, peaked_at});
  } else {
    co_await session.execute(
        "UPDATE trends SET topic = $5, kind = $6, label = $7, names = $8, category = $9, "
        "score = $2, body = $3, seen_at = $4, "
        "best_at = CASE WHEN $2 > best_score THEN $4 ELSE best_at END, "
        "peaked_at = CASE WHEN $2 > best_score THEN $10 ELSE peaked_at END, "
        "best_score = CASE WHEN $2 > best_score THEN $2 ELSE best_score END WHERE id = $1",
        {story.id, score, json::serialize(body), lane.at, trend.id, kind_name(trend.kind),
         story.label.substr(0, label_max), story.search, category, peaked_at});
  }
  co_await write_points(session, lane, trend, story);
  co_await write_names(session, lane, trend, story);
  co_await write_posts(session, trend, story);
}

io::Task<> TrendStore::write_points(db::Session& session, const Lane& lane, const Trend& trend,
                                    KnownStory& story) {
  for (const TrendPoint& point : points_of(trend, lane.event_at)) {
    if (point.at < story.points_to) continue;
    co_await session.execute(
        "INSERT INTO trend_points (trend, at, observed, expected) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (trend, at) DO UPDATE SET observed = excluded.observed, "
        "expected = excluded.expected",
        {story.id, point.at, point.observed, point.expected});
    story.points_to = point.at;
  }
}

io::Task<> TrendStore::write_names(db::Session& session, const Lane& lane, const Trend& trend,
                                   KnownStory& story) {
  for (std::string& name : names_of(trend, story)) {
    if (std::ranges::count(story.named, name) > 0 || story.named.size() >= names_max) continue;
    co_await session.execute(
        "INSERT INTO trend_names (lane, name, trend) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        {lane.name, name, story.id});
    story.named.push_back(std::move(name));
  }
}

io::Task<> TrendStore::write_posts(db::Session& session, const Trend& trend, KnownStory& story) {
  std::vector<std::pair<std::string, std::string>> posts;
  for (const Sample& sample : trend.samples) {
    if (std::ranges::count(posts, std::pair(sample.source, sample.id)) > 0) continue;
    posts.emplace_back(sample.source, sample.id);
  }
  for (const auto& [source, post] : story.posts) {
    if (std::ranges::count(posts, std::pair(source, post)) > 0) continue;
    co_await session.execute(
        "DELETE FROM trend_posts WHERE source = $1 AND post = $2 AND trend = $3",
        {source, post, story.id});
  }
  for (const auto& [source, post] : posts) {
    if (std::ranges::count(story.posts, std::pair(source, post)) > 0) continue;
    co_await session.execute(
        "INSERT INTO trend_posts (source, post, trend) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        {source, post, story.id});
  }
  story.posts = std::move(posts);
}

io::Task<bool> TrendStore::save_snapshot(std::string lane, std::int64_t fence, std::string bytes,
                                         std::vector<Standing> standings,
                                         Shipments::Positions counted, SourceStore& sources,
                                         base::Instant now) {
  auto transaction = co_await database_.begin();
  if (!co_await claim(*transaction, lane, fence)) co_return false;
  if (bytes.size() > snapshot_max) {
    base::log_error("trend_snapshot_too_large",
                    {{"lane", json::value(lane)},
                     {"bytes", json::value(static_cast<std::int64_t>(bytes.size()))}});
    co_return true;
  }
  co_await transaction->execute("DELETE FROM trend_snapshots WHERE lane = $1", {lane});
  const std::size_t parts = (bytes.size() + part_size - 1) / part_size;
  for (std::size_t part = 0; part < parts; ++part) {
    co_await transaction->execute(
        "INSERT INTO trend_snapshots (lane, part, parts, made_at, bytes) VALUES ($1, $2, $3, $4, "
        "$5)",
        {lane, part, parts, now, db::Bytes{bytes.substr(part * part_size, part_size)}});
  }
  co_await sources.save_standings(*transaction, std::move(standings));
  co_await Shipments::forget(*transaction, std::move(counted));
  co_await transaction->commit();
  co_return true;
}

io::Task<std::optional<std::string>> TrendStore::load_snapshot(std::string lane) {
  const auto about = co_await database_.execute(
      "SELECT parts FROM trend_snapshots WHERE lane = $1 AND part = 0", {lane});
  if (about.empty()) co_return std::nullopt;
  std::string bytes;
  for (std::int64_t part = 0; part < about[0]["parts"].integer(); ++part) {
    const auto rows = co_await database_.execute(
        "SELECT bytes FROM trend_snapshots WHERE lane = $1 AND part = $2", {lane, part});
    if (rows.empty()) co_return std::nullopt;
    bytes += rows[0]["bytes"].bytes();
  }
  co_return bytes;
}

io::Task<> TrendStore::prune(base::Instant seen_before) {
  co_await database_.execute(
      "DELETE FROM trend_points WHERE trend IN (SELECT id FROM trends WHERE seen_at < $1)",
      {seen_before});
  co_await database_.execute("DELETE FROM trends WHERE seen_at < $1", {seen_before});
  // Lanes of removed sources.
  co_await database_.execute(
      "DELETE FROM trend_lanes WHERE lane <> 'live' AND lane NOT IN (SELECT id FROM sources)");
  co_await database_.execute(
      "DELETE FROM trend_snapshots WHERE lane NOT IN (SELECT lane FROM trend_lanes)");
}

io::Task<std::vector<Lane>> TrendStore::lanes() {
  // Switched-off and removed sources show nothing.
  const auto rows = co_await database_.execute(
      "SELECT l.lane, l.source, l.generated, l.version, l.at, l.event_at FROM trend_lanes l "
      "LEFT JOIN sources s ON s.id = l.lane WHERE l.lane = 'live' OR s.enabled = 1 ORDER BY "
      "l.lane");
  std::vector<Lane> lanes;
  for (const db::Row& row : rows) {
    lanes.push_back({.name = row["lane"].text(),
                     .source = row["source"].text(),
                     .generated = row["generated"].boolean(),
                     .version = row["version"].integer(),
                     .at = row["at"].instant(),
                     .event_at = row["event_at"].instant()});
  }
  co_return lanes;
}

io::Task<std::vector<StoredTrend>> TrendStore::seen_since(base::Instant since) {
  const auto rows = co_await database_.execute(
      "SELECT id, lane, score, body, first_seen_at, seen_at FROM trends WHERE seen_at >= $1 "
      "ORDER BY seen_at DESC, score DESC LIMIT $2",
      {since, listed_max});
  std::vector<StoredTrend> trends;
  for (const db::Row& row : rows) trends.push_back(read_trend(row));
  co_return trends;
}

io::Task<std::optional<StoredTrend>> TrendStore::find(std::string id) {
  const auto rows = co_await database_.execute(
      "SELECT id, lane, score, body, first_seen_at, seen_at FROM trends WHERE id = $1", {id});
  if (rows.empty()) co_return std::nullopt;
  co_return read_trend(rows[0]);
}

io::Task<std::vector<TrendPoint>> TrendStore::points(std::string id) {
  const auto rows = co_await database_.execute(
      "SELECT at, observed, expected FROM trend_points WHERE trend = $1 ORDER BY at DESC LIMIT "
      "1000",
      {id});
  std::vector<TrendPoint> points;
  for (const db::Row& row : rows) {
    points.push_back({row["at"].instant(), row["observed"].real(), row["expected"].real()});
  }
  std::ranges::reverse(points);
  co_return points;
}

std::vector<TrendPoint> points_of(const Trend& trend, base::Instant event_at) {
  const auto last = std::chrono::floor<std::chrono::minutes>(event_at);
  const auto into_step = last.time_since_epoch() % sparkline_step;
  const double window = base::to_seconds(trend.window);
  const double step = base::to_seconds(sparkline_step);
  // What is expected in the window, for one step of it.
  const double expected = window > step ? trend.expected * step / window : trend.expected;
  std::vector<TrendPoint> points;
  for (std::size_t index = 0; index < trend.sparkline.size(); ++index) {
    const auto back = static_cast<std::int64_t>(trend.sparkline.size() - 1 - index);
    const double observed = trend.sparkline.at(index);
    points.push_back({.at = last - into_step - back * sparkline_step,
                      .observed = std::isfinite(observed) ? observed : 0,
                      .expected = std::isfinite(expected) ? expected : 0});
  }
  return points;
}

}  // namespace trends
