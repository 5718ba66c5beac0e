#include "trends/service.h"

#include "base/json.h"
#include "base/text.h"
#include "db/testing.h"
#include "trends/board.h"
#include "trends/generator.h"
#include "trends/sources/doubles/collector.h"

#include <fstream>
#include <stdlib.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const base::Vault& vault() {
  static const auto made = base::Vault::parse(base::Vault::make_key());
  return *made;
}

class ServiceTest : public testing::TestWithParam<db::Dialect> {
 protected:
  ServiceTest() {
    char name[] = "/tmp/service-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~ServiceTest() override { std::filesystem::remove_all(folder_); }

  db::TestDatabase test_{GetParam()};
  std::filesystem::path folder_;
};

INSTANTIATE_TEST_SUITE_P(Databases, ServiceTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

ServiceOptions quick() {
  ServiceOptions options;
  options.separate_every = 0ms;
  options.tick = 1s;
  options.runner.look_every = 50ms;
  return options;
}

struct Process {
  Process(io::Executor executor, db::Database& database, const base::Clock& clock, std::string name,
          std::filesystem::path recordings, ServiceOptions options)
      : leases(database, clock, std::move(name)),
        service(executor, database, leases, clock, vault(),
                {.clock = &clock, .recordings = std::move(recordings)}, std::move(options)),
        supervisor(executor) {
    supervisor.start("trends", [this] { return service.run(); });
  }

  io::Task<> stop() {
    supervisor.stop();
    co_await supervisor.join();
    co_await service.stop();
  }

  // Without a word: what a killed process does.
  io::Task<> die() {
    supervisor.stop();
    co_await supervisor.join();
  }

  jobs::Leases leases;
  Service service;
  io::Supervisor supervisor;
};

json::value parse(std::string_view text) { return *base::parse_json(text); }

io::Task<json::value> list_until(Board& board, TrendFilter filter,
                                 std::function<bool(const json::value&)> enough) {
  json::value list;
  for (int turn = 0; turn < 300; ++turn) {
    list = parse(co_await board.list(filter));
    if (enough(list)) co_return list;
    board.changed();
    co_await io::sleep_for(50ms);
  }
  ADD_FAILURE() << "waited in vain for trends: " << json::serialize(list).substr(0, 500);
  co_return list;
}

bool has_items(const json::value& list) { return !list.at("items").get_array().empty(); }

// Two days of quiet, then a burst by many and a flood by one.
void write_recording(const std::filesystem::path& file) {
  std::ofstream out(file);
  const auto start = *base::parse_rfc3339("2026-03-01T00:00:00Z");
  int id = 0;
  const std::array words{"wow",   "finally", "look",  "river",  "traffic", "mayor",
                         "crowd", "sunny",   "ships", "photos", "music"};
  const auto line = [&](base::Instant at, std::string author, std::string text, std::string tag) {
    out << json::serialize(json::object{{"id", fmt::format("p{}", ++id)},
                                        {"created_at", base::format_rfc3339(at)},
                                        {"author", author},
                                        {"text", text},
                                        {"lang", "en"},
                                        {"tags", json::array{json::value(tag)}}})
        << "\n";
  };
  for (int minute = 0; minute < 2880; ++minute) {
    const auto at = start + std::chrono::minutes{minute};
    line(at, fmt::format("a{}", (minute * 7) % 400), "ordinary talk about weather", "weather");
    if (minute < 2820) continue;
    for (int voice = 0; voice < 5; ++voice) {
      line(at, fmt::format("b{}", (minute - 2820) * 5 + voice),
           fmt::format("the bridge has opened today, {} {}", words[minute % 7],
                       words[(voice + minute) % 11]),
           "bridgeopening");
    }
    for (int shout = 0; shout < 10; ++shout)
      line(at, "shouter", "buy now cheap stuff", "cheapstuff");
  }
}

io::Task<> lists_recording(db::Database& database, std::filesystem::path folder) {
  const auto executor = co_await boost::asio::this_coro::executor;
  write_recording(folder / "burst.jsonl");
  const base::SystemClock clock;
  Process process(executor, database, clock, "p", folder, quick());
  SourceStore store(database, clock, vault());
  const auto source =
      co_await store.add("recording", {{"file", "burst.jsonl"}, {"speed", "max"}}, true);
  EXPECT_TRUE(source.has_value());
  Board board(executor, database, clock);
  const auto list = co_await list_until(board, {}, has_items);
  const auto& top = list.at("items").at(0);
  EXPECT_THAT(json::serialize(top), HasSubstr("#bridgeopening"));  // its name or an alias
  EXPECT_EQ(top.at("generated").as_bool(), false);
  EXPECT_EQ(top.at("since").as_string().starts_with("2026-03-0"), true);
  EXPECT_GT(top.at("authors").to_number<double>(), 50);
  EXPECT_THAT(json::serialize(list), Not(HasSubstr("cheapstuff")));

  // The same by every filter, and nothing by the wrong ones.
  EXPECT_TRUE(has_items(
      parse(co_await board.list({.source = "recording", .language = "en", .text = "BRIDGE"}))));
  EXPECT_FALSE(has_items(parse(co_await board.list({.source = "jetstream"}))));
  EXPECT_FALSE(has_items(parse(co_await board.list({.language = "de"}))));
  EXPECT_FALSE(has_items(parse(co_await board.list({.text = "unheard"}))));

  const std::string id(top.at("id").as_string());
  const auto detail = co_await board.detail(id);
  EXPECT_TRUE(detail.has_value());
  EXPECT_FALSE(detail->at("samples").get_array().empty());
  EXPECT_FALSE(detail->at("series").get_array().empty());
  EXPECT_FALSE(detail->at("explanation").get_string().empty());
  EXPECT_EQ(co_await board.detail("00000000-0000-7000-8000-000000000000"), std::nullopt);

  // Switched off, it is not shown any more.
  EXPECT_TRUE((co_await store.change(source->row.id, {.enabled = false})).has_value());
  co_await list_until(board, {}, [](const json::value& now) { return !has_items(now); });
  co_await process.stop();
}

TEST_P(ServiceTest, ListsWhatRises) {
  test_.run([this](db::Database& database) { return lists_recording(database, folder_); });
}

io::Task<std::string> cursor_of(db::Database& database, std::string id) {
  const auto rows =
      co_await database.execute("SELECT resume_from FROM source_state WHERE source = $1", {id});
  co_return rows.empty() ? "" : rows[0]["resume_from"].text();
}

io::Task<> restores(db::Database& database, std::filesystem::path folder) {
  const auto executor = co_await boost::asio::this_coro::executor;
  write_recording(folder / "burst.jsonl");
  base::VirtualClock clock(base::SystemClock().now());
  SourceStore store(database, clock, vault());
  const auto source =
      co_await store.add("recording", {{"file", "burst.jsonl"}, {"speed", "max"}}, true);
  auto first = std::make_unique<Process>(executor, database, clock, "first", folder, quick());
  Board board(executor, database, clock);
  for (int turn = 0; turn < 300; ++turn) {
    co_await io::sleep_for(50ms);
    board.changed();
    if (has_items(parse(co_await board.list({})))) break;
  }
  const auto before = parse(co_await board.list({}));
  EXPECT_TRUE(has_items(before));
  co_await first->service.save();
  const auto cursor = co_await cursor_of(database, source->row.id);
  EXPECT_THAT(cursor, HasSubstr("lines"));
  EXPECT_TRUE(first->service.is_holder());
  co_await first->die();  // its lease still stands

  Process second(executor, database, clock, "second", folder, quick());
  co_await io::sleep_for(100ms);
  EXPECT_FALSE(second.service.is_holder());
  clock.advance(20s);
  for (int turn = 0; turn < 100 && !second.service.is_holder(); ++turn)
    co_await io::sleep_for(100ms);
  EXPECT_TRUE(second.service.is_holder());
  // The first wakes up again: everything that it writes is refused.
  co_await first->service.save();
  EXPECT_EQ(co_await cursor_of(database, source->row.id), cursor);
  co_await second.stop();
  co_await first->service.stop();
}

TEST_P(ServiceTest, LetsTheNextHolderGoOn) {
  test_.run([this](db::Database& database) { return restores(database, folder_); });
}

io::Task<> snapshot_survives(db::Database& database) {
  TrendStore store(database);
  base::VirtualClock clock(base::SystemClock().now());
  SourceStore sources(database, clock, vault());
  const Lane lane{.name = "live", .at = clock.now(), .event_at = clock.now()};
  EXPECT_TRUE(co_await store.open_lane(lane, 5, false));
  EXPECT_FALSE(co_await store.open_lane(lane, 4, false));
  std::string bytes;
  for (int index = 0; index < 700'000; ++index) bytes += static_cast<char>(index * 31 % 256);
  EXPECT_TRUE(co_await store.save_snapshot("live", 5, bytes, {}, {}, sources, clock.now()));
  EXPECT_TRUE(co_await store.load_snapshot("live") == bytes);
  EXPECT_TRUE(co_await store.save_snapshot("live", 6, "short", {}, {}, sources, clock.now()));
  EXPECT_EQ(co_await store.load_snapshot("live"), "short");
  EXPECT_FALSE(co_await store.save_snapshot("live", 5, "late", {}, {}, sources, clock.now()));
  EXPECT_EQ(co_await store.load_snapshot("live"), "short");
  EXPECT_EQ(co_await store.load_snapshot("other"), std::nullopt);
}

TEST_P(ServiceTest, KeepsSnapshotsOfAnySize) { test_.run(snapshot_survives); }

io::Task<> demonstrates(db::Database& database) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const base::SystemClock clock;
  Process process(executor, database, clock, "p", {}, quick());
  SourceStore store(database, clock, vault());
  EXPECT_TRUE((co_await store.add("demonstration", {}, true)).has_value());
  Board board(executor, database, clock);
  // The floods stand nowhere, however far the stream has come; a planted event comes to the top.
  const auto start = std::chrono::floor<std::chrono::hours>(clock.now() - std::chrono::days{3});
  const Generator generator({.seed = 7, .start = start});
  const auto planted = generator.planted(start + std::chrono::days{4});
  const auto list = co_await list_until(board, {}, [&](const json::value& now) {
    const std::string all = base::fold(json::serialize(now));
    const std::string top =
        has_items(now) ? base::fold(json::serialize(now.at("items").at(0))) : "";
    return std::ranges::count_if(planted, [&](const PlantedEvent& event) {
             const std::string name = base::fold(event.topic);
             if (event.flood) EXPECT_THAT(all, Not(HasSubstr(name)));
             return !event.flood && top.find(name) != std::string::npos;
           }) > 0;
  });
  EXPECT_TRUE(list.at("generated").as_bool());
  for (const json::value& item : list.at("items").get_array()) {
    EXPECT_TRUE(item.at("generated").as_bool());
    const auto since = base::parse_rfc3339(item.at("since").as_string());
    EXPECT_LE(*since, clock.now());  // shown as if its time were now
  }
  co_await process.stop();
}

TEST_P(ServiceTest, ShowsTheDemonstrationAsGenerated) { test_.run(demonstrates); }

TEST(LaneWork, RefusesADamagedSnapshot) {
  io::run([]() -> io::Task<> {
    LaneWork lane(co_await boost::asio::this_coro::executor, {.name = "live"}, "", {});
    const auto good = lane.snapshot();
    EXPECT_TRUE(lane.restore(good).has_value());
    EXPECT_FALSE(lane.restore("").has_value());
    EXPECT_FALSE(lane.restore("STZ1").has_value());
    EXPECT_FALSE(lane.restore(good.substr(0, good.size() / 2)).has_value());
    EXPECT_FALSE(
        lane.restore(std::string("STZ1\xff\xff\xff\xff\xff\xff\xff\xff", 12) + good).has_value());
  });
}

TEST(Series, HasOnePointPerHalfHour) {
  Trend trend{.window = 2h, .expected = 8};
  trend.sparkline.back() = 5;
  const auto points = points_of(trend, *base::parse_rfc3339("2026-11-23T12:47:00Z"));
  ASSERT_EQ(points.size(), sparkline_length);
  EXPECT_EQ(points.back().at, *base::parse_rfc3339("2026-11-23T12:30:00Z"));
  EXPECT_EQ(points.front().at, *base::parse_rfc3339("2026-11-22T13:00:00Z"));
  EXPECT_EQ(points.back().observed, 5);
  EXPECT_EQ(points.back().expected, 2);
}

}  // namespace
}  // namespace trends
