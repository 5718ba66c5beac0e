#include "trends/sources/doubles/collector.h"
#include "trends/sources/doubles/websocket_double.h"
#include "trends/sources/jetstream_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using doubles::Collector;
using doubles::Reader;
using doubles::WebSocketDouble;
using doubles::WebSocketScript;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Then = WebSocketScript::Then;

std::int64_t recent_us() { return base::to_micros(base::SystemClock().now()) - 60'000'000; }

std::string frame(int number, std::int64_t time_us) {
  return fmt::format(
      R"({{"did":"did:plc:{0}","time_us":{1},"kind":"commit","commit":{{"operation":"create","collection":"app.bsky.feed.post","rkey":"r{0}","record":{{"text":"post {0}"}}}}}})",
      number, time_us);
}

std::string frame_2(int number, std::int64_t time_us) {
  return fmt::format(
      R"({{"$type":"message","payload":{{"$type":"x#commit","seq":{0},"did":"did:plc:{0}","time":"{1}","operation":"create","collection":"app.bsky.feed.post","rkey":"r{0}","record":{{"text":"post {0}"}}}}}})",
      number, base::format_rfc3339(base::from_micros(time_us)));
}

json::object endpoints(std::vector<std::string> urls) {
  json::array list;
  for (auto& url : urls) list.emplace_back(url);
  return {{"endpoints", std::move(list)}};
}

io::Task<> reads_posts() {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto time = recent_us();
  WebSocketDouble server(executor, [&](std::string) {
    return WebSocketScript{.frames = {frame(1, time), "broken", frame(2, time + 1)}};
  });
  Collector collector(executor);
  Reader reader(executor, "jetstream", endpoints({server.url()}), "", collector);
  co_await collector.until(
      [&] { return collector.mentions.size() == 2 && collector.rejected == 1; });
  EXPECT_THAT(server.targets().at(0),
              testing::StartsWith("/subscribe?wantedCollections=app.bsky.feed.post"));
  EXPECT_THAT(server.targets().at(0), Not(HasSubstr("cursor")));
  EXPECT_EQ(JetstreamPosition::parse(collector.cursor).time_us, time + 1);
  EXPECT_EQ(collector.connections, 1);
  co_await reader.stop();
  co_await server.stop();
}

TEST(Jetstream, ReadsPosts) { doubles::run(reads_posts); }

// Cut in the middle: the second connection begins some seconds before the last frame, and nothing
// is lost.
io::Task<> resumes(WebSocketScript::Then then) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto time = recent_us();
  int connection = 0;
  WebSocketDouble server(executor, [&](std::string) {
    if (++connection == 1)
      return WebSocketScript{.frames = {frame(1, time), frame(2, time + 1)}, .then = then};
    return WebSocketScript{.frames = {frame(2, time + 1), frame(3, time + 2)}};
  });
  Collector collector(executor);
  Reader reader(executor, "jetstream", endpoints({server.url()}), "", collector);
  co_await collector.until([&] { return collector.mentions.size() >= 3; });
  EXPECT_THAT(collector.ids(), Contains("did:plc:3/r3"));
  if (then == Then::close) {
    EXPECT_THAT(server.targets().at(1), HasSubstr(fmt::format("&cursor={}", time + 1 - 5'000'000)));
    EXPECT_THAT(collector.notes, Contains(HasSubstr("closed the connection")));
  }
  co_await reader.stop();
  co_await server.stop();
}

TEST(Jetstream, ResumesAfterAClose) {
  doubles::run([] { return resumes(Then::close); });
}
TEST(Jetstream, ResumesAfterACut) {
  doubles::run([] { return resumes(Then::cut); });
}

io::Task<> tries_alternates() {
  const auto executor = co_await boost::asio::this_coro::executor;
  WebSocketDouble refusing(executor,
                           [](std::string) { return WebSocketScript{.refuse_with = 503}; });
  WebSocketDouble working(
      executor, [](std::string) { return WebSocketScript{.frames = {frame(1, recent_us())}}; });
  Collector collector(executor);
  Reader reader(executor, "jetstream", endpoints({refusing.url(), working.url()}), "", collector);
  co_await collector.until([&] { return collector.mentions.size() == 1; });
  EXPECT_THAT(collector.notes, Contains(HasSubstr("503")));
  co_await reader.stop();
  Collector hopeless(executor);
  Reader failing(executor, "jetstream", endpoints({refusing.url()}), "", hopeless);
  co_await hopeless.until([&] { return !hopeless.failure.empty(); });
  EXPECT_THAT(hopeless.failure, HasSubstr("503"));
  co_await failing.stop();
  co_await refusing.stop();
  co_await working.stop();
}

TEST(Jetstream, TriesAlternatesAndSaysWhenNoneWorks) { doubles::run(tries_alternates); }

io::Task<> speaks_version_2() {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto time = recent_us();
  int connection = 0;
  WebSocketDouble server(executor, [&](std::string) {
    if (++connection == 1) {
      return WebSocketScript{
          .frames = {frame_2(41, time),
                     R"({"$type":"error","error":"ConsumerTooSlow","message":"m"})"},
          .then = Then::close};
    }
    return WebSocketScript{.frames = {frame_2(42, time + 1)}};
  });
  Collector collector(executor);
  auto settings = endpoints({server.url()});
  settings["version"] = "2";
  Reader reader(executor, "jetstream", settings, "", collector);
  co_await collector.until([&] { return collector.mentions.size() == 2; });
  EXPECT_THAT(
      server.targets().at(0),
      testing::StartsWith(
          "/xrpc/"
          "network.bsky.jetstream.subscribeEvents?collections=app.bsky.feed.post&kinds=commit"));
  EXPECT_THAT(server.targets().at(1), testing::EndsWith("&cursor=41"));
  EXPECT_THAT(collector.notes, Contains(HasSubstr("ConsumerTooSlow")));
  co_await reader.stop();
  co_await server.stop();
}

TEST(Jetstream, SpeaksVersion2) { doubles::run(speaks_version_2); }

io::Task<> forgets_old_cursor() {
  const auto executor = co_await boost::asio::this_coro::executor;
  WebSocketDouble server(executor, [&](std::string target) {
    if (target.find("cursor=") != std::string::npos) {
      return WebSocketScript{.refuse_with = 400, .refusal = R"({"error":"CursorTooOld"})"};
    }
    return WebSocketScript{.frames = {frame_2(9, recent_us())}};
  });
  const JetstreamPosition old{.time_us = 1'700'000'000'000'000, .seq = 5, .host = "127.0.0.1"};
  Collector collector(executor);
  const auto url = server.url("/xrpc/network.bsky.jetstream.subscribeEvents");
  Reader reader(executor, "jetstream", endpoints({url, url, url}), old.to_text(), collector);
  co_await collector.until([&] { return collector.mentions.size() == 1; });
  EXPECT_THAT(server.targets().at(0), testing::EndsWith("cursor=5"));
  EXPECT_THAT(server.targets().at(1), testing::EndsWith("cursor=1699999995000000"));
  EXPECT_THAT(collector.notes, Contains(HasSubstr("missed")));
  co_await reader.stop();
  co_await server.stop();
}

TEST(Jetstream, GoesOnFromNowWhenTheServerForgotItsCursor) { doubles::run(forgets_old_cursor); }

}  // namespace
}  // namespace trends
