#include "trends/routes.h"

#include "base/json.h"
#include "db/testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;
using accounts::Role;
using testing::ElementsAre;
using testing::HasSubstr;

const base::Vault& vault() {
  static const auto made = base::Vault::parse(base::Vault::make_key());
  return *made;
}

class RoutesTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase test_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, RoutesTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

struct Api {
  Api(io::Executor executor, db::Database& of, Doors doors = {})
      : database(of), services(executor, of, clock, vault(), std::move(doors)) {
    bind(router, services);
    bind_automation(router, services);
  }

  io::Task<http::Response> call(std::string method, std::string path, std::string body = "",
                                std::optional<Role> role = Role::owner) {
    http::Request request{
        .method = std::move(method), .target = path, .path = path.substr(0, path.find('?'))};
    if (const auto query = path.find('?'); query != std::string::npos) {
      request.query = http::Query::parse(std::string_view(path).substr(query + 1));
    }
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    request.body = std::move(body);
    if (role)
      accounts::attach(request, {.user = base::UserId::make(), .workspace = {"w"}, .role = *role});
    co_return co_await router.handle(std::move(request));
  }

  db::Database& database;
  base::VirtualClock clock{base::SystemClock().now()};
  http::Router router;
  Services services;
};

json::value parse(const http::Response& response) { return *base::parse_json(response.body); }

Trend trend(std::string label, double score) {
  Trend made{.id = label, .topic = label, .label = label, .kind = Kind::tag, .score = score};
  made.authors = 20;
  made.sources = {{"jetstream", 1.0}};
  made.languages = {{"en", 1.0}};
  made.samples = {{.id = "s",
                   .url = "https://e.org/",
                   .text = "<b>",
                   .author = "a",
                   .at = {},
                   .source = "jetstream"}};
  made.explanation = "It rose.";
  return made;
}

io::Task<StoryBook> write(db::Database& database, base::Instant at, std::vector<Trend> trends) {
  TrendStore store(database);
  const Lane lane{.name = "live", .at = at, .event_at = at};
  EXPECT_TRUE(co_await store.open_lane(lane, 1, false));
  StoryBook known;
  EXPECT_TRUE(co_await store.write(lane, 1, std::move(trends), known));
  co_return known;
}

io::Task<> lists(db::Database& database) {
  Api api(co_await boost::asio::this_coro::executor, database,
          {.our_posts = [](base::WorkspaceId workspace, base::TrendId) -> io::Task<json::array> {
            co_return json::array{json::object{{"id", "post of " + workspace.value}}};
          }});
  EXPECT_EQ(parse(co_await api.call("GET", "/api/trends")).at("items").get_array().size(), 0u);
  const auto known =
      co_await write(database, api.clock.now(), {trend("#second", 1), trend("#first", 2)});
  api.services.board.changed();
  const auto list = parse(co_await api.call("GET", "/api/trends"));
  EXPECT_EQ(list.at("items").at(0).at("label").as_string(), "#first");
  EXPECT_EQ(list.at("items").at(1).at("label").as_string(), "#second");
  EXPECT_FALSE(list.at("generated").as_bool());
  EXPECT_FALSE(list.at("items").at(0).as_object().contains("samples"));
  EXPECT_EQ(parse(co_await api.call("GET", "/api/trends?limit=1")).at("items").get_array().size(),
            1u);
  EXPECT_EQ(parse(co_await api.call("GET", "/api/trends?q=SEC&kind=tag&lang=en&source=jetstream"))
                .at("items")
                .get_array()
                .size(),
            1u);
  EXPECT_EQ(parse(co_await api.call("GET", "/api/trends?kind=link")).at("items").get_array().size(),
            0u);

  const auto detail = parse(co_await api.call("GET", "/api/trends/" + known.find("#first")->id));
  EXPECT_EQ(detail.at("our_posts").at(0).at("id").as_string(), "post of w");
  EXPECT_EQ(detail.at("samples").at(0).at("text").as_string(), "<b>");
  EXPECT_EQ(detail.at("series").get_array().size(), sparkline_length);
  EXPECT_EQ((co_await api.call("GET", "/api/trends/nonsense")).status, 404);

  api.clock.advance(2h);
  EXPECT_EQ(parse(co_await api.call("GET", "/api/trends")).at("items").get_array().size(), 0u);
  EXPECT_EQ(parse(co_await api.call("GET", "/api/trends?window=6h")).at("items").get_array().size(),
            2u);
}

TEST_P(RoutesTest, ListsTrends) { test_.run(lists); }

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

TEST_P(RoutesTest, ShowsWhatTheWorkspaceWantsToSee) { test_.run(filters); }

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

TEST_P(RoutesTest, RefusesFiltersThatSayNothing) { test_.run(refuses_bad_filters); }

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

TEST_P(RoutesTest, KeepsTheFiltersOfWorkspacesApart) { test_.run(keeps_workspaces_apart); }

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

TEST_P(RoutesTest, TellsWhenSomethingRoseBefore) { test_.run(tells_the_past); }

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

TEST_P(RoutesTest, WeighsSources) { test_.run(weighs_sources); }

io::Task<> names_bad_fields(db::Database& database) {
  Api api(co_await boost::asio::this_coro::executor, database);
  const auto response = co_await api.call(
      "GET", "/api/trends?window=2h&limit=0&kind=stuff&q=" + std::string(200, 'x'));
  EXPECT_EQ(response.status, 422);
  for (const char* field : {"window", "limit", "kind", "\"q\""})
    EXPECT_THAT(response.body, HasSubstr(field));
  EXPECT_EQ((co_await api.call("GET", "/api/trends?limit=99999999999999999999")).status, 422);
}

TEST_P(RoutesTest, NamesBadFields) { test_.run(names_bad_fields); }

io::Task<> guards(db::Database& database) {
  Api api(co_await boost::asio::this_coro::executor, database);
  for (const char* path : {"/api/trends", "/api/trends/stream", "/api/trends/x", "/api/sources",
                           "/api/source-types"}) {
    EXPECT_EQ((co_await api.call("GET", path, "", std::nullopt)).status, 401) << path;
  }
  EXPECT_EQ(
      (co_await api.call("POST", "/api/sources", R"({"type":"hacker_news"})", Role::editor)).status,
      403);
  EXPECT_EQ(
      (co_await api.call("POST", "/api/sources/demonstration", R"({"enabled":true})", Role::editor))
          .status,
      403);
  EXPECT_EQ((co_await api.call("DELETE", "/api/sources/x", "", Role::viewer)).status, 403);
  EXPECT_EQ((co_await api.call("PATCH", "/api/sources/x", "{}", Role::viewer)).status, 403);
  EXPECT_EQ((co_await api.call("POST", "/automation/api/trends/fetch", "", Role::viewer)).status,
            403);
}

TEST_P(RoutesTest, AsksWhoIsThere) { test_.run(guards); }

io::Task<> changes_sources(db::Database& database) {
  std::vector<std::string> told;
  int looked = 0;
  Doors doors{.our_posts = {},
              .source_changed = [&told](base::WorkspaceId, std::string id) -> io::Task<> {
                told.push_back(id);
                return [](bool) -> io::Task<> { co_return; }(true);
              },
              .look_soon = [&looked] { ++looked; }};
  Api api(co_await boost::asio::this_coro::executor, database, std::move(doors));
  const auto types = parse(co_await api.call("GET", "/api/source-types"));
  EXPECT_EQ(types.at("items").get_array().size(), all_sources().size());

  const auto created = co_await api.call(
      "POST", "/api/sources", R"({"type":"mastodon","settings":{"access_token":"hidden"}})");
  EXPECT_EQ(created.status, 201);
  EXPECT_THAT(created.body, testing::Not(HasSubstr("hidden")));
  const auto source = parse(created);
  const std::string path = "/api/sources/" + std::string(source.at("id").as_string());
  EXPECT_EQ(source.at("label").as_string(), "Mastodon: mastodon.social");
  EXPECT_EQ(source.at("state").as_string(), "starting");
  EXPECT_TRUE(source.at("lag_seconds").is_null());
  EXPECT_EQ(parse(co_await api.call("POST", "/automation/api/trends/fetch"))
                .at("sources")
                .to_number<int>(),
            1);

  // Nobody reads: the page is told so.
  api.clock.advance(60s);
  const auto listed = parse(co_await api.call("GET", "/api/sources"));
  EXPECT_EQ(listed.at("items").at(0).at("state").as_string(), "waiting");
  EXPECT_THAT(std::string(listed.at("items").at(0).at("message").as_string()),
              HasSubstr("automation"));

  const auto off = parse(co_await api.call("PATCH", path, R"({"enabled":false})"));
  EXPECT_EQ(off.at("state").as_string(), "off");
  const auto wrong = co_await api.call("PATCH", path, R"({"settings":{"instances":["<b>"]}})");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_THAT(wrong.body, HasSubstr("settings.instances"));
  EXPECT_EQ((co_await api.call("POST", "/api/sources", R"({"type":"nope"})")).status, 422);
  EXPECT_EQ((co_await api.call("POST", "/api/sources", R"({"type":5,"extra":1})")).status, 422);
  EXPECT_EQ((co_await api.call("DELETE", path)).status, 204);
  EXPECT_EQ((co_await api.call("DELETE", path)).status, 404);
  EXPECT_EQ((co_await api.call("PATCH", path, "{}")).status, 404);
  EXPECT_EQ(told.size(), 3u);
  EXPECT_GE(looked, 3);
}

TEST_P(RoutesTest, ChangesSources) { test_.run(changes_sources); }

io::Task<> switches_demonstration(db::Database& database) {
  Api api(co_await boost::asio::this_coro::executor, database);
  const auto on =
      parse(co_await api.call("POST", "/api/sources/demonstration", R"({"enabled":true})"));
  EXPECT_TRUE(on.at("enabled").as_bool());
  EXPECT_TRUE(on.at("generated").as_bool());
  const auto off =
      parse(co_await api.call("POST", "/api/sources/demonstration", R"({"enabled":false})"));
  EXPECT_EQ(off.at("id"), on.at("id"));
  EXPECT_FALSE(off.at("enabled").as_bool());
  EXPECT_EQ((co_await api.call("POST", "/api/sources/demonstration", "{}")).status, 422);
}

TEST_P(RoutesTest, SwitchesTheDemonstration) { test_.run(switches_demonstration); }

// Takes chunks until the test has seen enough, then is gone like a client that left.
class Client final : public http::BodyWriter {
 public:
  explicit Client(io::Executor executor) : arrived(executor) {}
  io::Task<> write(std::string chunk) override {
    if (gone) throw base::Unavailable("the client is gone");
    chunks.push_back(std::move(chunk));
    arrived.notify();
    co_return;
  }
  std::vector<std::string> chunks;
  bool gone = false;
  io::Event arrived;
};

io::Task<> streams(db::Database& database) {
  const auto executor = co_await boost::asio::this_coro::executor;
  Api api(executor, database);
  const auto response = co_await api.call("GET", "/api/trends/stream?limit=5");
  EXPECT_EQ(response.headers.get("Content-Type"), "text/event-stream");
  const auto client = std::make_shared<Client>(executor);
  io::Supervisor supervisor(executor);
  supervisor.start_once("stream", [&] { return response.stream(client); });
  co_await client->arrived.wait_for(5s);
  EXPECT_EQ(client->chunks.size(), 1u);
  EXPECT_THAT(client->chunks.at(0), testing::StartsWith("event: trends"));
  for (int turn = 0; turn < 5; ++turn) {  // no change, nothing sent
    api.services.board.changed();
    co_await io::sleep_for(10ms);
  }
  const auto before = client->chunks.size();
  co_await write(database, api.clock.now(), {trend("#new", 1)});
  api.services.board.changed();
  co_await client->arrived.wait_for(5s);
  EXPECT_LE(before, 2u);  // at most the time of the answer had changed
  EXPECT_THAT(client->chunks.back(), HasSubstr("#new"));
  supervisor.stop();
  co_await supervisor.join();
}

TEST_P(RoutesTest, StreamsChanges) { test_.run(streams); }

}  // namespace
}  // namespace trends
