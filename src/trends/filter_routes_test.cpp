// Filters of workspaces, the past and weights of sources, over the API.
#include "db/testing.h"
#include "trends/api_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FilterRoutesTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase test_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, FilterRoutesTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

io::Task<> add_workspace(db::Database& database, std::string id) {
  co_await database.execute(
      "INSERT INTO workspaces (id, name, time_zone, created_at, updated_at) "
      "VALUES ($1, 'Ours', 'UTC', 1, 1)",
      {id});
}

io::Task<std::vector<std::string>> shown(Api& api, std::string path) {
  const auto list = parse(co_await api.call("GET", std::move(path)));
  std::vector<std::string> labels;
  for (const json::value& item : list.at("items").as_array()) {
    labels.push_back(base::text_at(item, "/label"));
  }
  co_return labels;
}

io::Task<> filters(db::Database& database) {
  Api api(co_await boost::asio::this_coro::executor, database);
  co_await add_workspace(database, "w");
  Trend flagged = trend("#flood", 5);
  flagged.coordinated = true;
  flagged.concentration.posts_per_author = 30;
  Trend small = trend("#small", 1);
  small.authors = 6;
  co_await write(database, api.clock.now(),
                 {trend("#asshole", 9), flagged, trend("#first", 3), small});
  api.services.board.changed();
  const auto at_first = parse(co_await api.call("GET", "/api/trend-filters"));
  EXPECT_EQ(json::serialize(at_first),
            R"({"hide_adult":true,"hide_flagged":false,"min_authors":0,"entries":[]})");
  EXPECT_THAT(co_await shown(api, "/api/trends"), ElementsAre("#flood", "#first", "#small"));
  const auto list = parse(co_await api.call("GET", "/api/trends"));
  EXPECT_EQ(list.at("hidden").as_int64(), 1);
  EXPECT_EQ(json::serialize(list.at("items").at(0).at("flags")), R"(["few_hands"])");
  EXPECT_THAT(co_await shown(api, "/api/trends?filters=off"),
              ElementsAre("#asshole", "#flood", "#first", "#small"));

  const auto changed =
      co_await api.call("PATCH", "/api/trend-filters", R"({"hide_flagged":true,"min_authors":10})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_THAT(co_await shown(api, "/api/trends"), ElementsAre("#first"));
  EXPECT_TRUE(parse(changed).at("hide_adult").as_bool()) << "what is absent stays";
  co_await api.call("PATCH", "/api/trend-filters", R"({"hide_adult":false})");
  EXPECT_THAT(co_await shown(api, "/api/trends"), ElementsAre("#asshole", "#first"));

  const std::string entries = "/api/trend-filters/entries";
  const auto blocked =
      co_await api.call("POST", entries, R"({"list":"block","kind":"topic","value":" First "})");
  EXPECT_EQ(blocked.status, 201);
  EXPECT_THAT(co_await shown(api, "/api/trends"), ElementsAre("#asshole"));
  EXPECT_EQ(
      (co_await api.call("POST", entries, R"({"list":"block","kind":"topic","value":"FIRST"})"))
          .status,
      200);
  const auto moved =
      co_await api.call("POST", entries, R"({"list":"allow","kind":"topic","value":"#flood"})");
  EXPECT_EQ(moved.status, 201);
  EXPECT_THAT(co_await shown(api, "/api/trends"), ElementsAre("#asshole", "#flood"));
  EXPECT_EQ(
      (co_await api.call("POST", entries, R"({"list":"block","kind":"topic","value":"#flood"})"))
          .status,
      200);
  EXPECT_THAT(co_await shown(api, "/api/trends"), ElementsAre("#asshole"));
  const std::string path = entries + "/" + base::text_at(parse(blocked), "/id");
  EXPECT_EQ((co_await api.call("DELETE", path)).status, 204);
  EXPECT_EQ((co_await api.call("DELETE", path)).status, 404);
  EXPECT_THAT(co_await shown(api, "/api/trends"), ElementsAre("#asshole", "#first"));
}

TEST_P(FilterRoutesTest, ShowsWhatTheWorkspaceWantsToSee) { test_.run(filters); }

io::Task<> refuses_bad_filters(db::Database& database) {
  Api api(co_await boost::asio::this_coro::executor, database);
  co_await add_workspace(database, "w");
  const std::string entries = "/api/trend-filters/entries";
  for (const char* body :
       {R"({"list":"grey","kind":"topic","value":"x"})",
        R"({"list":"block","kind":"x","value":"x"})",
        R"({"list":"block","kind":"topic","value":"  "})",
        R"({"list":"block","kind":"domain","value":"no domain"})", R"({"list":"block"})", "{}"}) {
    EXPECT_EQ((co_await api.call("POST", entries, body)).status, 422) << body;
  }
  for (const char* body :
       {R"({"min_authors":-1})", R"({"min_authors":"x"})", R"({"hide_adult":1})"}) {
    EXPECT_EQ((co_await api.call("PATCH", "/api/trend-filters", body)).status, 422) << body;
  }
  const std::string good = R"({"list":"block","kind":"author","value":"@a"})";
  EXPECT_EQ((co_await api.call("POST", entries, good, Role::viewer)).status, 403);
  EXPECT_EQ((co_await api.call("PATCH", "/api/trend-filters", "{}", Role::viewer)).status, 403);
  EXPECT_EQ((co_await api.call("GET", "/api/trend-filters", "", std::nullopt)).status, 401);
}

TEST_P(FilterRoutesTest, RefusesFiltersThatSayNothing) { test_.run(refuses_bad_filters); }

io::Task<> keeps_workspaces_apart(db::Database& database) {
  Api api(co_await boost::asio::this_coro::executor, database);
  co_await add_workspace(database, "w");
  co_await add_workspace(database, "other");
  FilterStore& store = api.services.filters;
  const auto entry = co_await store.add({"other"}, {.value = "#first"});
  EXPECT_TRUE(entry.has_value());
  EXPECT_EQ((co_await api.call("DELETE", "/api/trend-filters/entries/" + entry->entry.id)).status,
            404);
  const Filters ours = co_await store.get({"w"});
  EXPECT_TRUE(ours.entries.empty());
  const auto lens = co_await store.lens({"other"});
  EXPECT_EQ(lens, co_await store.lens({"other"})) << "it is kept for a while";
  api.clock.advance(3s);
  EXPECT_NE(lens, co_await store.lens({"other"})) << "another process may have changed it";
}

TEST_P(FilterRoutesTest, KeepsTheFiltersOfWorkspacesApart) { test_.run(keeps_workspaces_apart); }

io::Task<> tells_the_past(db::Database& database) {
  Api api(co_await boost::asio::this_coro::executor, database);
  co_await add_workspace(database, "w");
  TrendStore store(database);
  StoryBook book;
  const auto tick = [&](std::vector<Trend> trends) -> io::Task<> {
    const auto at = api.clock.now();
    const Lane lane{.name = "live", .at = at, .event_at = at};
    EXPECT_TRUE(co_await store.open_lane(lane, 1, false));
    book.forget(at - 24h);
    for (Trend& each : trends) each.last_peak = at;
    EXPECT_TRUE(co_await store.write(lane, 1, std::move(trends), book));
  };
  co_await tick({trend("#final", 8), trend("#asshole", 3)});
  api.clock.advance(72h);
  Trend now = trend("#final", 5);
  co_await tick({now});
  now.score = 2;  // it falls: the peak is kept
  now.authors = 7;
  api.clock.advance(10s);
  co_await tick({now});
  api.services.board.changed();
  const auto page = parse(co_await api.call("GET", "/api/trends/history?q=FINAL&limit=10"));
  EXPECT_EQ(page.at("items").as_array().size(), 2U);
  EXPECT_TRUE(page.at("next_cursor").is_null());
  const json::value& latest = page.at("items").at(0);
  EXPECT_EQ(latest.at("label").as_string(), "#final");
  EXPECT_EQ(latest.at("score").to_number<double>(), 5);
  EXPECT_EQ(latest.at("authors").to_number<double>(), 20);
  EXPECT_TRUE(latest.at("rising").as_bool());
  EXPECT_FALSE(page.at("items").at(1).at("rising").as_bool());
  EXPECT_EQ(json::serialize(latest.at("languages")), R"(["en"])");
  EXPECT_EQ((parse(co_await api.call("GET", "/api/trends/history")).at("items").as_array().size()),
            2U)
      << "the filters hold for the past too";
  const auto detail =
      parse(co_await api.call("GET", "/api/trends/" + std::string(latest.at("id").as_string())));
  EXPECT_EQ(detail.at("past").as_array().size(), 1U);
  EXPECT_EQ(detail.at("past").at(0).at("id"), page.at("items").at(1).at("id"));
  for (const char* key : {"flags", "category", "first_seen_at", "co_terms", "top_author_share"}) {
    EXPECT_TRUE(detail.as_object().contains(key)) << key;
  }
  for (const char* key : {"story", "topic"}) EXPECT_FALSE(detail.as_object().contains(key)) << key;
  for (const char* wrong :
       {"from=yesterday", "to=x", "limit=0", "limit=101", "cursor=x", "kind=x", "category=x"}) {
    EXPECT_EQ((co_await api.call("GET", std::string("/api/trends/history?") + wrong)).status, 422)
        << wrong;
  }
  EXPECT_EQ((co_await api.call("GET", "/api/trends/history", "", std::nullopt)).status, 401);
}

TEST_P(FilterRoutesTest, TellsWhenSomethingRoseBefore) { test_.run(tells_the_past); }

io::Task<> weighs_sources(db::Database& database) {
  Api api(co_await boost::asio::this_coro::executor, database);
  SourceStore configured(database, api.clock, vault(), parse_source_weights("hacker_news=0.3"));
  const auto made =
      parse(co_await api.call("POST", "/api/sources", R"({"type":"hacker_news","weight":0.5})"));
  EXPECT_EQ(made.at("weight").to_number<double>(), 0.5);
  const std::string id = base::text_at(made, "/id");
  const auto off = parse(co_await api.call("PATCH", "/api/sources/" + id, R"({"enabled":false})"));
  EXPECT_EQ(off.at("weight").to_number<double>(), 0.5);
  const auto usual = co_await api.call("PATCH", "/api/sources/" + id, R"({"weight":null})");
  EXPECT_EQ(parse(usual).at("weight").to_number<double>(), 1);
  EXPECT_EQ((co_await configured.find(id))->row.weight, 0.3);
  EXPECT_FALSE((co_await configured.find(id))->row.enabled) << "nothing else has changed";
  for (const char* body : {R"({"weight":1.5})", R"({"weight":-0.1})", R"({"weight":"1"})"}) {
    const auto wrong = co_await api.call("PATCH", "/api/sources/" + id, body);
    EXPECT_EQ(wrong.status, 422) << body;
    EXPECT_THAT(wrong.body, HasSubstr("weight"));
  }
}

TEST_P(FilterRoutesTest, WeighsSources) { test_.run(weighs_sources); }

}  // namespace
}  // namespace trends
