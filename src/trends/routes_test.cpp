#include "db/testing.h"
#include "trends/api_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;
using accounts::Role;
using testing::ElementsAre;
using testing::HasSubstr;

class RoutesTest : public testing::TestWithParam<db::Dialect> {
 protected:
  db::TestDatabase test_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, RoutesTest, testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

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
