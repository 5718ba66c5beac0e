#include "http/body_stream.h"

#include "http/server_fixture.h"

#include <gtest/gtest.h>

namespace http {
namespace {

using namespace std::chrono_literals;

struct Log {
  std::atomic<int> started = 0;
  std::atomic<int> ended = 0;
};

io::Task<> send_events(std::shared_ptr<Log> log, std::shared_ptr<BodyWriter> writer) {
  struct Ended {
    std::shared_ptr<Log> log;
    ~Ended() { ++log->ended; }
  } ended{log};
  ++log->started;
  co_await writer->write(sse_event("hello", "one\ntwo", "1"));
  co_await writer->write("");
  co_await io::sleep_for(1h);
}

io::Task<> flood(std::shared_ptr<Log> log, std::shared_ptr<BodyWriter> writer) {
  struct Ended {
    std::shared_ptr<Log> log;
    ~Ended() { ++log->ended; }
  } ended{log};
  ++log->started;
  for (;;) co_await writer->write(std::string(100'000, 'x'));
}

io::Task<> write_three(std::shared_ptr<BodyWriter> writer) {
  for (const char* chunk : {"a", "bb", "ccc"}) co_await writer->write(chunk);
}

io::Task<> fail_half_way(std::shared_ptr<BodyWriter> writer) {
  co_await writer->write("half");
  throw std::runtime_error("broken");
}

io::Task<Response> streaming(std::string type,
                             std::function<io::Task<>(std::shared_ptr<BodyWriter>)> stream) {
  Response response{.stream = std::move(stream)};
  response.headers.set("Content-Type", std::move(type));
  co_return response;
}

Router make_router(std::shared_ptr<Log> log) {
  Router router;
  router.get("/events", [log](Request) {
    return streaming("text/event-stream", [log](auto writer) { return send_events(log, writer); });
  });
  router.get("/flood", [log](Request) {
    return streaming("text/event-stream", [log](auto writer) { return flood(log, writer); });
  });
  router.get("/export", [](Request) { return streaming("text/csv", write_three); });
  router.get("/half", [](Request) { return streaming("text/csv", fail_half_way); });
  return router;
}

class BodyStreamTest : public testing::Test {
 protected:
  void wait_for_end(int count) {
    while (log_->ended < count) std::this_thread::yield();
    while (server_.connections() > 0) std::this_thread::yield();
  }

  std::shared_ptr<Log> log_ = std::make_shared<Log>();
  ServerFixture server_{make_router(log_), {.handler_timeout = 50ms, .write_timeout = 100ms}};
};

constexpr std::string_view get_events =
    "GET /events HTTP/1.1\r\nHost: t\r\nAccept-Encoding: br\r\n\r\n";
constexpr std::string_view first_event = "id: 1\nevent: hello\ndata: one\ndata: two\n\n";

TEST_F(BodyStreamTest, EventsArriveAtOnceAndUncompressed) {
  RawClient client(server_.port());
  client.send(get_events);
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_NE(head.find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_EQ(head.find("Content-Encoding"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  EXPECT_EQ(client.read_until("\n\n\r\n"), "28\r\n" + std::string(first_event) + "\r\n");
}

TEST_F(BodyStreamTest, AClientThatLeavesEndsTheStreamAtOnce) {
  RawClient client(server_.port());
  client.send(get_events);
  client.read_until(first_event);
  client.close();
  wait_for_end(1);
  RawClient rude(server_.port());
  rude.send(get_events);
  rude.read_until(first_event);
  rude.reset();
  wait_for_end(2);
}

TEST_F(BodyStreamTest, AClientThatDoesNotReadIsCut) {
  RawClient client(server_.port());
  client.send("GET /flood HTTP/1.1\r\nHost: t\r\n\r\n");
  wait_for_end(1);
}

TEST_F(BodyStreamTest, AFiniteStreamEndsInOrderAndTheConnectionGoesOn) {
  RawClient client(server_.port());
  client.send("GET /export HTTP/1.1\r\nHost: t\r\n\r\nGET /export HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "abbccc");
  EXPECT_EQ(client.read_answer().body, "abbccc");
}

TEST_F(BodyStreamTest, AnOldClientGetsTheBytesUntilTheEnd) {
  RawClient client(server_.port());
  client.send("GET /export HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n").find("chunked"), std::string::npos);
  EXPECT_EQ(client.read_to_end(), "abbccc");
}

TEST_F(BodyStreamTest, AFailedStreamIsCutSoThatNobodyTakesItForWhole) {
  RawClient client(server_.port());
  client.send("GET /half HTTP/1.1\r\nHost: t\r\n\r\n");
  client.read_until("\r\n\r\n");
  EXPECT_EQ(client.read_to_end(), "4\r\nhalf\r\n");
}

TEST_F(BodyStreamTest, HeadDoesNotRunTheStream) {
  RawClient client(server_.port());
  client.send("HEAD /events HTTP/1.1\r\nHost: t\r\n\r\nGET /export HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.read_answer("HEAD").status, 200);
  EXPECT_EQ(client.read_answer().body, "abbccc");
  EXPECT_EQ(log_->started, 0);
}

TEST_F(BodyStreamTest, StoppingTheServerEndsEventStreamsInGoodOrder) {
  RawClient client(server_.port());
  client.send(get_events);
  client.read_until(std::string(first_event) + "\r\n");
  server_.stop(10s).get();
  EXPECT_EQ(client.read_to_end(), "0\r\n\r\n");
  EXPECT_EQ(log_->ended, 1);
}

}  // namespace
}  // namespace http
