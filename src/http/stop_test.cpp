#include "http/server_fixture.h"

#include <gtest/gtest.h>

namespace http {
namespace {

using namespace std::chrono_literals;

io::Task<Response> answer_after(std::chrono::milliseconds time, std::string text) {
  if (time > 0ms) co_await io::sleep_for(time);
  co_return text_response(std::move(text));
}

Router make_router() {
  Router router;
  router.get("/hello", [](Request) { return answer_after(0ms, "hello"); });
  router.get("/quick-nap", [](Request) { return answer_after(50ms, "awake"); });
  router.get("/slow", [](Request) { return answer_after(1h, "late"); });
  return router;
}

TEST(GracefulStop, FinishesWhatIsInFlight) {
  ServerFixture server(make_router());
  RawClient idle(server.port());
  idle.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(idle.read_answer().status, 200);
  RawClient busy(server.port());
  busy.send("GET /quick-nap HTTP/1.1\r\nHost: t\r\n\r\n");
  while (server.connections() < 2) std::this_thread::yield();
  auto stopped = server.stop(10s);
  EXPECT_TRUE(idle.at_end());
  const auto answer = busy.read_answer();
  EXPECT_EQ(answer.body, "awake");
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  stopped.get();
  EXPECT_EQ(server.connections(), 0U);
}

TEST(GracefulStop, WhileItDrainsEveryAnswerIsTheLastOnItsConnection) {
  ServerFixture server(make_router());
  RawClient client(server.port());
  client.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.read_answer().headers.get("Connection"), "keep-alive");
  server.drain();
  client.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto last = client.read_answer();
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.headers.get("Connection"), "close");
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(server.get("/hello").status, 200) << "new clients are still served";
}

TEST(GracefulStop, AnswersWhatAnIdleClientSendsInTheGrace) {
  ServerFixture server(make_router(), {.idle_grace = 10s});
  RawClient client(server.port());
  client.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
  auto stopped = server.stop(20s);
  EXPECT_EQ(server.connections(), 1U) << "the loop has begun to stop before it counts";
  client.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto last = client.read_answer();
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.headers.get("Connection"), "close");
  stopped.get();
}

TEST(GracefulStop, ServesWhoeverWaitsToBeAccepted) {
  ServerFixture server(make_router());
  // The loop is held up, so that both the clients and the stop wait for it.
  std::promise<void> go_on;
  server.post([held = go_on.get_future().share()] { held.wait(); });
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int n = 0; n < 20; ++n) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  }
  auto stopped = server.stop(10s);
  go_on.set_value();
  for (const auto& client : clients) EXPECT_EQ(client->read_answer().status, 200);
  stopped.get();
}

TEST(GracefulStop, TheDeadlineCutsWhatIsLeft) {
  ServerFixture server(make_router());
  RawClient client(server.port());
  client.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n");
  while (server.connections() == 0) std::this_thread::yield();
  server.stop(20ms).get();
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(server.connections(), 0U);
}

}  // namespace
}  // namespace http
