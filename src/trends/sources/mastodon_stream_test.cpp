// Mastodon's streaming API against a server that speaks it, and its timeline beside it.
#include "trends/sources/doubles/answers.h"
#include "trends/sources/doubles/collector.h"
#include "trends/sources/doubles/websocket_double.h"
#include "trends/sources/mastodon_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace doubles;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;
using Then = WebSocketScript::Then;

std::string a_status(int id, std::string text = "hello") {
  return json::serialize(
      json::object{{"id", fmt::format("{}", id)},
                   {"uri", fmt::format("https://m.example/s/{}", id)},
                   {"url", fmt::format("https://m.example/@a/{}", id)},
                   {"created_at", base::format_rfc3339(base::SystemClock().now())},
                   {"account", json::object{{"url", "https://m.example/@a"}}},
                   {"content", "<p>" + text + "</p>"}});
}

std::string event(std::string name, std::string payload) {
  return json::serialize(json::object{
      {"stream", json::array{"public"}}, {"event", name}, {"payload", std::move(payload)}});
}

std::string uri(int id) { return fmt::format("https://m.example/s/{}", id); }

const base::Instant now = *base::parse_rfc3339("2026-11-23T12:00:00Z");

TEST(MastodonEvents, TellsWhatIsNewAndWhatIsGone) {
  MastodonEvents events("");
  Batch batch;
  events.read_frame(event("update", a_status(7, "the <b>bridge</b> &amp; the river")), now, batch);
  ASSERT_EQ(batch.mentions.size(), 1U);
  EXPECT_EQ(batch.mentions[0].id, uri(7));
  EXPECT_EQ(batch.mentions[0].text, "the bridge & the river");
  EXPECT_EQ(events.newest(), "7");
  events.read_frame(event("delete", "7"), now, batch);
  events.read_frame(event("delete", "8"), now, batch);  // never seen: nothing to take back
  events.read_frame(event("status.update", a_status(9)), now, batch);
  EXPECT_THAT(batch.gone, ElementsAre(uri(7), uri(9)));
  EXPECT_EQ(batch.mentions.size(), 1U) << "what was changed is not said anew";
  EXPECT_EQ(batch.rejected, 0);
}

TEST(MastodonEvents, SurvivesAnything) {
  MastodonEvents events("17; drop");
  EXPECT_EQ(events.newest(), "");
  Batch batch;
  for (const std::string& frame :
       {std::string("{"), std::string("[]"), std::string("null"), event("update", "{"),
        event("update", "{}"), event("status.update", "{}"), event("status.update", "[]")}) {
    events.read_frame(frame, now, batch);
  }
  EXPECT_EQ(batch.rejected, 7);
  events.read_frame(event("delete", ""), now, batch);
  events.read_frame(event("announcement", "hello"), now, batch);
  events.read_frame(R"({"event":5,"payload":{}})", now, batch);
  EXPECT_EQ(batch.rejected, 7);
  EXPECT_THAT(batch.mentions, IsEmpty());
  EXPECT_THAT(batch.gone, IsEmpty());
}

TEST(MastodonEvents, RemembersTheIdsOfLate) {
  MastodonEvents events("", 10);
  Batch batch;
  for (int id = 1; id <= 25; ++id) events.read_frame(event("update", a_status(id)), now, batch);
  events.read_frame(event("delete", "1"), now, batch);
  EXPECT_THAT(batch.gone, IsEmpty()) << "long ago";
  events.read_frame(event("delete", "15"), now, batch);
  EXPECT_THAT(batch.gone, ElementsAre(uri(15)));
}

io::Task<> goes_on() {
  const auto executor = co_await boost::asio::this_coro::executor;
  std::vector<std::string> since;
  http::Router router;
  router.get("/api/v1/timelines/public", handle([&](const Request& request) {
               if (request.headers.get("Authorization") != "Bearer secret") {
                 return status(401);
               }
               since.emplace_back(request.query.get("since_id").value_or("none"));
               return json_text("[" + a_status(11) + "]");
             }));
  LocalServer rest(executor, std::move(router));
  int connections = 0;
  WebSocketDouble server(executor, [&](std::string) {
    ++connections;
    if (connections == 1) {
      return WebSocketScript{.frames = {event("update", a_status(10))}, .then = Then::cut};
    }
    return WebSocketScript{.frames = {event("update", a_status(12)), event("delete", "10")}};
  });
  Collector collector(executor);
  Reader reader(executor, "mastodon_stream",
                {{"instance", rest.url()},
                 {"streaming", server.url()},
                 {"stream", "public:local"},
                 {"access_token", "secret"}},
                "", collector);
  co_await collector.until([&] { return collector.cursor == "12" && !collector.gone.empty(); });
  EXPECT_THAT(collector.ids(), UnorderedElementsAre(uri(10), uri(11), uri(12)));
  EXPECT_THAT(collector.gone, ElementsAre(uri(10)));
  EXPECT_THAT(since, ElementsAre("10")) << "nothing is missed, and at first nothing is asked";
  EXPECT_EQ(server.targets().at(0), "/api/v1/streaming?stream=public%3Alocal");
  EXPECT_EQ(server.authorizations().at(0), "Bearer secret");
  co_await reader.stop();
  co_await server.stop();
  co_await rest.stop();
}

TEST(MastodonStream, GoesOnWhereItWasCutOff) { doubles::run(goes_on); }

io::Task<> fails() {
  const auto executor = co_await boost::asio::this_coro::executor;
  WebSocketDouble server(
      executor, [&](std::string) { return WebSocketScript{.refuse_with = 401, .refusal = "no"}; });
  Collector collector(executor);
  Reader reader(executor, "mastodon_stream",
                {{"instance", "http://127.0.0.1:1"},
                 {"streaming", server.url()},
                 {"stream", "public"},
                 {"access_token", "secret"}},
                "", collector);
  co_await collector.until([&] { return !collector.failure.empty(); });
  EXPECT_THAT(collector.failure, HasSubstr("401"));
  EXPECT_THAT(collector.failure, Not(HasSubstr("secret")));
  co_await reader.stop();
  co_await server.stop();
}

TEST(MastodonStream, SaysWhyItCannotListen) { doubles::run(fails); }

}  // namespace
}  // namespace trends
