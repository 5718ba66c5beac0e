// Wikipedia against a server that speaks its API.
#include "base/json.h"
#include "trends/sources/doubles/answers.h"
#include "trends/sources/doubles/collector.h"
#include "trends/sources/wikipedia_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace doubles;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const base::Instant now = *base::parse_rfc3339("2026-11-23T12:00:00Z");

json::object change(std::int64_t id, std::string title, std::string user = "Ann") {
  return {{"type", "edit"},
          {"ns", 0},
          {"rcid", id},
          {"title", std::move(title)},
          {"user", std::move(user)},
          {"timestamp", "2026-11-23T11:59:00Z"}};
}

json::object answer_with(json::array changes, std::string next = "") {
  json::object answer{{"query", json::object{{"recentchanges", std::move(changes)}}}};
  if (!next.empty()) answer["continue"] = json::object{{"rccontinue", next}};
  return answer;
}

TEST(WikipediaItems, AreWhoEditsWhat) {
  const auto page = read_recent_changes(
      answer_with({change(7, "Springfield (Ohio)", "Ben"), change(6, "Zürich"), change(5, "Old")},
                  "go|on"),
      "en", 5, now);
  ASSERT_EQ(page.batch.mentions.size(), 2U);
  const Mention& first = page.batch.mentions[0];
  EXPECT_EQ(first.id, "en:6");
  EXPECT_EQ(first.url, "https://en.wikipedia.org/wiki/Z%C3%BCrich");
  const Mention& second = page.batch.mentions[1];
  EXPECT_EQ(second.text, "Springfield");
  EXPECT_EQ(second.author, "en:Ben");
  EXPECT_EQ(second.language, "en");
  EXPECT_EQ(second.at, *base::parse_rfc3339("2026-11-23T11:59:00Z"));
  EXPECT_EQ(page.newest, 7);
  EXPECT_EQ(page.oldest, 5);
  EXPECT_EQ(page.next, "go|on");
}

TEST(WikipediaItems, SurviveAnything) {
  const auto page = read_recent_changes(
      answer_with({json::value(5), json::object{}, change(0, "No id"), change(3, ""),
                   change(4, std::string(400, 'x')), change(5, "No user", "")}),
      "en", 0, now);
  EXPECT_TRUE(page.batch.mentions.empty());
  EXPECT_EQ(page.batch.rejected, 6);
  for (const char* wrong : {"null", "[]", "{}", R"({"error":{"code":"maxlag"}})",
                            R"({"query":{"recentchanges":{}}})"}) {
    EXPECT_THROW(read_recent_changes(*base::parse_json(wrong), "en", 0, now), base::Unavailable)
        << wrong;
  }
}

// Ids count up; two changes a page.
struct WikipediaServer {
  std::int64_t newest = 3;
  std::vector<std::string> asked = {};

  Response answer_to(const Request& request) {
    const auto text = [&](std::string_view name) {
      return std::string(request.query.get(name).value_or(""));
    };
    // The real one refuses what it does not know.
    if (text("action") != "query" || text("list") != "recentchanges" || text("format") != "json" ||
        text("rctype") != "edit|new" || text("rcshow") != "!bot") {
      return status(400);
    }
    asked.push_back(request.path + " " + text("rccontinue"));
    const std::int64_t from = text("rccontinue").empty() ? newest : std::stoll(text("rccontinue"));
    json::array changes;
    for (std::int64_t id = from; id > std::max<std::int64_t>(0, from - 2); --id) {
      changes.push_back(change(id, fmt::format("Article {}", id)));
    }
    const std::string next = from > 2 ? fmt::format("{}", from - 2) : "";
    return json_text(json::serialize(answer_with(std::move(changes), next)));
  }

  http::Router router() {
    http::Router router;
    router.get("/{language}/api",
               handle([this](const Request& request) { return answer_to(request); }));
    return router;
  }
};

io::Task<> goes_on() {
  const auto executor = co_await boost::asio::this_coro::executor;
  WikipediaServer wiki;
  LocalServer server(executor, wiki.router());
  Collector collector(executor);
  Reader reader(executor, "wikipedia",
                {{"languages", json::array{"en"}}, {"api", server.url("/{language}/api")}}, "",
                collector);
  co_await collector.until([&] { return !collector.cursor.empty(); });
  EXPECT_THAT(collector.ids(), ElementsAre("en:2", "en:3")) << "one page at first";
  wiki.newest = 7;
  reader.wake();
  co_await collector.until([&] { return collector.mentions.size() == 6; });
  EXPECT_EQ(collector.cursor, R"({"en":7})");
  EXPECT_THAT(wiki.asked, ElementsAre("/en/api ", "/en/api ", "/en/api 5", "/en/api 3"));
  co_await reader.stop();
  Collector second(executor);
  wiki.newest = 8;
  Reader next(executor, "wikipedia",
              {{"languages", json::array{"en", "de"}}, {"api", server.url("/{language}/api")}},
              collector.cursor, second);
  co_await second.until([&] { return second.batches.size() == 2; });
  EXPECT_THAT(second.ids(), UnorderedElementsAre("en:8", "de:7", "de:8"));
  co_await next.stop();
  co_await server.stop();
}

TEST(Wikipedia, GoesOnFromItsCursor) { doubles::run(goes_on); }

io::Task<> says_why() {
  const auto executor = co_await boost::asio::this_coro::executor;
  http::Router router;
  router.get("/{language}/api",
             handle([](const Request&) { return status(429, {{"Retry-After", "77"}}); }));
  LocalServer server(executor, std::move(router));
  Collector collector(executor);
  Reader reader(executor, "wikipedia",
                {{"languages", json::array{"en"}}, {"api", server.url("/{language}/api")}},
                "garbage", collector);
  co_await collector.until([&] { return !collector.failure.empty(); });
  EXPECT_THAT(collector.failure, HasSubstr("429"));
  EXPECT_EQ(collector.asked_to_wait.count(), 77);
  co_await reader.stop();
  co_await server.stop();
}

TEST(Wikipedia, WaitsWhenAskedTo) { doubles::run(says_why); }

}  // namespace
}  // namespace trends
