// Reddit against a server that speaks its API.
#include "base/json.h"
#include "base/text.h"
#include "trends/sources/doubles/answers.h"
#include "trends/sources/doubles/collector.h"
#include "trends/sources/reddit_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace doubles;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const base::Instant now = *base::parse_rfc3339("2026-11-23T12:00:00Z");

json::object post(std::string id, double at, std::string author = "ann") {
  return {{"kind", "t3"},
          {"data", json::object{{"name", "t3_" + id},
                                {"created_utc", at},
                                {"author", author},
                                {"title", "Bridge closed"},
                                {"selftext", ""},
                                {"is_self", false},
                                {"url", "https://n.org/bridge"},
                                {"permalink", "/r/news/comments/" + id + "/"}}}};
}

json::object listing(json::array posts) {
  return {{"kind", "Listing"}, {"data", json::object{{"children", std::move(posts)}}}};
}

TEST(RedditItems, ArePostsOfPeople) {
  json::object own = post("b", 1795434000.0);
  json::object& data = own["data"].get_object();
  data["is_self"] = true;
  data["selftext"] = "It was windy.";
  const Batch batch = read_reddit_listing(
      listing({own, post("a", 1795433000.5), post("c", 1795433500, "[deleted]")}), now);
  ASSERT_EQ(batch.mentions.size(), 2U);
  EXPECT_EQ(batch.mentions[0].id, "t3_a");
  EXPECT_EQ(batch.mentions[0].author, "u/ann");
  EXPECT_EQ(batch.mentions[0].url, "https://www.reddit.com/r/news/comments/a/");
  EXPECT_THAT(batch.mentions[0].links, ElementsAre("https://n.org/bridge"));
  EXPECT_EQ(batch.mentions[1].text, "Bridge closed\nIt was windy.");
  EXPECT_THAT(batch.mentions[1].links, IsEmpty());
  EXPECT_EQ(batch.rejected, 0);
}

TEST(RedditItems, SurviveAnything) {
  json::object untitled = post("d", 1795434000);
  untitled["data"].get_object()["title"] = "";
  json::object timeless = post("e", -5);
  const Batch batch = read_reddit_listing(
      listing({json::value(5), json::object{}, json::object{{"data", 7}}, untitled, timeless}),
      now);
  EXPECT_THAT(batch.mentions, IsEmpty());
  EXPECT_EQ(batch.rejected, 5);
  for (const char* wrong : {"{}", "[]", R"({"data":{"children":{}}})", R"({"error":403})"}) {
    EXPECT_THROW(read_reddit_listing(*base::parse_json(wrong), now), base::Unavailable) << wrong;
  }
}

struct RedditServer {
  int tokens = 0;
  std::vector<std::string> asked = {};

  http::Router router() {
    http::Router router;
    router.post(
        "/api/v1/access_token", handle([this](const Request& request) {
          const std::string right = "Basic " + base::base64("app:hush");
          if (request.headers.get("Authorization") != right) return status(401);
          if (request.body != "grant_type=client_credentials") return status(400);
          ++tokens;
          return json_text(R"({"access_token":"t1","token_type":"bearer","expires_in":3600})");
        }));
    router.get(
        "/r/{name}/new", handle([this](const Request& request) {
          if (request.headers.get("Authorization") != "Bearer t1") return status(401);
          asked.push_back(request.param("name"));
          return json_text(json::serialize(listing({post(request.param("name"), 1795433000)})));
        }));
    return router;
  }
};

io::Task<> reads() {
  const auto executor = co_await boost::asio::this_coro::executor;
  RedditServer reddit;
  LocalServer server(executor, reddit.router());
  json::object settings{{"communities", json::array{"news", "worldnews"}},
                        {"client_id", "app"},
                        {"client_secret", "hush"},
                        {"api", server.url()},
                        {"auth", server.url()}};
  Collector collector(executor);
  Reader reader(executor, "reddit", settings, "", collector);
  co_await collector.until([&] { return collector.batches.size() == 2; });
  reader.wake();
  co_await collector.until([&] { return collector.batches.size() == 4; });
  EXPECT_EQ(reddit.tokens, 1) << "a token is used until it ends";
  EXPECT_THAT(reddit.asked, ElementsAre("news", "worldnews", "news", "worldnews"));
  co_await reader.stop();
  settings["client_secret"] = "wrong";
  Collector refused(executor);
  Reader other(executor, "reddit", settings, "", refused);
  co_await refused.until([&] { return !refused.failure.empty(); });
  EXPECT_THAT(refused.failure, HasSubstr("401"));
  EXPECT_THAT(refused.failure, Not(HasSubstr("wrong")));
  co_await other.stop();
  co_await server.stop();
}

TEST(Reddit, ReadsWithATokenAndSaysWhenItGetsNone) { doubles::run(reads); }

}  // namespace
}  // namespace trends
