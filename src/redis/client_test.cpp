#include "redis/client.h"

#include "redis/testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace redis {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::Not;

constexpr auto patience = 20s;

ConnectionOptions quick(Endpoint endpoint) {
  return {
      .endpoint = std::move(endpoint), .connect_timeout = 2s, .pause_min = 5ms, .pause_max = 20ms};
}

// Runs `body` with a client that is kept connected meanwhile.
using Body = io::Task<> (*)(Client&, TestServer*);

io::Task<> with_client(ClientOptions options, TestServer* server, Body body) {
  const auto executor = co_await asio::this_coro::executor;
  Client client(executor, std::move(options));
  io::Supervisor tasks(executor);
  tasks.start("redis", [&client] { return client.run(); });
  co_await body(client, server);
  tasks.stop();
  co_await tasks.join();
}

void run_client(ClientOptions options, TestServer* server, Body body) {
  io::run([&] { return with_client(std::move(options), server, body); });
}

// Asks until it is answered.
io::Task<> await_answer(Client& client) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (co_await client.command({"PING"})) co_return;
    if (std::chrono::steady_clock::now() > give_up) {
      ADD_FAILURE() << client.failure();
      co_return;
    }
    co_await io::sleep_for(5ms);
  }
}

class RealServer : public testing::Test {
 protected:
  void start(TestServer::Door door = TestServer::Door::unix_socket,
             std::vector<std::string> arguments = {}) {
    server_.emplace(door, std::move(arguments));
  }
  void run(Body body, Endpoint (*change)(Endpoint) = nullptr) {
    Endpoint endpoint = server_->endpoint();
    if (change) endpoint = change(std::move(endpoint));
    run_client({.connection = quick(std::move(endpoint)), .command_timeout = 500ms}, &*server_,
               body);
  }
  std::optional<TestServer> server_;
};

#define NEEDS_SERVER(...) \
  start(__VA_ARGS__);     \
  if (!server_->available()) GTEST_SKIP() << "SKIPPED: " << TestServer::missing

io::Task<> ask_everything(Client& client, TestServer*) {
  const auto set = co_await client.command({"SET", "key", std::string("a\0\r\nb", 5)});
  EXPECT_TRUE(set) << client.failure();
  if (!set) co_return;
  EXPECT_EQ(set->text, "OK");
  EXPECT_EQ((co_await client.command({"GET", "key"}))->text, std::string("a\0\r\nb", 5));
  EXPECT_EQ((co_await client.command({"INCR", "count"}))->integer, 1);
  EXPECT_EQ((co_await client.command({"GET", "none"}))->kind, Reply::Kind::nil);
  EXPECT_EQ((co_await client.command({"RPUSH", "list", "a", "b"}))->integer, 2);
  const auto list = co_await client.command({"LRANGE", "list", "0", "-1"});
  EXPECT_EQ(list->elements.size(), 2u);
  const auto wrong = co_await client.command({"INCR", "list"});
  EXPECT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, "redis_refused");
  EXPECT_THAT(wrong.error().message, HasSubstr("WRONGTYPE"));
  EXPECT_TRUE(client.connected());
}

TEST_F(RealServer, AnswersOverAUnixSocket) {
  NEEDS_SERVER();
  run(ask_everything);
}

TEST_F(RealServer, AnswersOverTcp) {
  NEEDS_SERVER(TestServer::Door::tcp);
  run(ask_everything);
}

TEST_F(RealServer, AnswersOverTls) {
  NEEDS_SERVER(TestServer::Door::tls);
  run(ask_everything);
}

io::Task<> expect_away(Client& client, TestServer*) {
  const auto answer = co_await client.command({"PING"});
  EXPECT_FALSE(answer);
  EXPECT_EQ(answer.error().status, 503);
  EXPECT_THAT(answer.error().message, Not(HasSubstr("secret")));
}

TEST_F(RealServer, ATlsServerThatNobodyVouchesForIsRefused) {
  NEEDS_SERVER(TestServer::Door::tls);
  run(expect_away, [](Endpoint endpoint) {
    endpoint.ca_file.clear();
    return endpoint;
  });
}

io::Task<> expect_own_database(Client& client, TestServer*) {
  EXPECT_TRUE(co_await client.command({"SET", "key", "2"}));
  const auto keys = co_await client.command({"INFO", "keyspace"});
  EXPECT_TRUE(keys);
  if (keys) EXPECT_THAT(keys->text, HasSubstr("db2:keys=1"));
}

TEST_F(RealServer, SignsInAndSelects) {
  NEEDS_SERVER(TestServer::Door::tcp,
               {"--user", "ada", "on", ">secret", "~*", "&*", "+@all", "--requirepass", "other"});
  run(expect_own_database, [](Endpoint endpoint) {
    endpoint.user = "ada";
    endpoint.password = "secret";
    endpoint.database = 2;
    return endpoint;
  });
  run(expect_own_database, [](Endpoint endpoint) {
    endpoint.password = "other";
    endpoint.database = 2;
    return endpoint;
  });
  run(expect_away, [](Endpoint endpoint) {
    endpoint.password = "a wrong secret";
    return endpoint;
  });
  run(expect_away);
}

// Many commands at once, each with an answer of its own.
io::Task<> echo(Client& client, int number, int* left, io::Event* ended) {
  const std::string text = fmt::format("{}-{}", number, std::string(number % 300, 'x'));
  const auto answer = co_await client.command({"ECHO", text}, 10s);
  EXPECT_TRUE(answer && answer->text == text) << number;
  if (--*left == 0) ended->notify();
}

io::Task<> echo_many(Client& client, TestServer*) {
  const auto executor = co_await asio::this_coro::executor;
  io::Event ended(executor);
  int left = 5'000;
  for (int number = 0; number < 5'000; ++number) {
    asio::co_spawn(executor, echo(client, number, &left, &ended), asio::detached);
  }
  EXPECT_TRUE(co_await ended.wait_for(patience));
}

TEST_F(RealServer, PipelinesAndKeepsTheOrder) {
  NEEDS_SERVER();
  run(echo_many);
}

io::Task<> survive_kills(Client& client, TestServer* server) {
  for (int round = 0; round < 3; ++round) {
    co_await await_answer(client);
    server->kill();
    EXPECT_FALSE(co_await client.command({"PING"}));
    server->restart();
    co_await await_answer(client);
  }
}

TEST_F(RealServer, IsFoundAgainAfterKill9) {
  NEEDS_SERVER();
  run(survive_kills);
}

io::Task<> survive_silence(Client& client, TestServer* server) {
  co_await await_answer(client);
  server->freeze();
  const auto started = std::chrono::steady_clock::now();
  const auto answer = co_await client.command({"PING"}, 100ms);
  EXPECT_FALSE(answer);
  EXPECT_LT(std::chrono::steady_clock::now() - started, 5s);
  server->thaw();
  co_await await_answer(client);
}

TEST_F(RealServer, SilenceEndsWithTheDeadlineOfTheCommand) {
  NEEDS_SERVER();
  run(survive_silence);
}

// A server that says what it is told, to every command line after the greeting's PING.
struct Scripted {
  std::string answer;
  bool close = false;
  std::string greeting = "+PONG\r\n";
};

io::Task<> serve_one(tcp::socket socket, Scripted script) {
  boost::system::error_code error;
  std::array<char, 4096> buffer;
  std::string next = script.greeting;
  for (;;) {
    co_await socket.async_read_some(asio::buffer(buffer),
                                    asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    co_await socket.async_send(asio::buffer(next),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error || (script.close && next == script.answer)) co_return;
    next = script.answer;
  }
}

io::Task<> serve(tcp::acceptor& acceptor, Scripted script) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    co_await serve_one(std::move(socket), script);
  }
}

io::Task<> ask_scripted(Scripted script, std::string* failure) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::acceptor acceptor(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  io::Supervisor servers(executor);
  servers.start("server", [&acceptor, script] { return serve(acceptor, script); });
  Client client(executor,
                {.connection = quick({.host = "127.0.0.1",
                                      .port = std::to_string(acceptor.local_endpoint().port())}),
                 .command_timeout = 300ms});
  io::Supervisor tasks(executor);
  tasks.start("redis", [&client] { return client.run(); });
  const auto answer = co_await client.command({"GET", "key"});
  *failure = answer ? "" : answer.error().message;
  tasks.stop();
  servers.stop();
  co_await tasks.join();
  co_await servers.join();
}

std::string failure_with(Scripted script) {
  std::string failure;
  io::run([&] { return ask_scripted(std::move(script), &failure); });
  return failure;
}

TEST(HostileServer, EveryAnswerIsAnErrorInTime) {
  EXPECT_THAT(failure_with({.answer = "$5\r\nhel", .close = true}), HasSubstr("closed"));
  EXPECT_THAT(failure_with({.answer = "$5\r\nhel"}), HasSubstr("no answer"));
  EXPECT_THAT(failure_with({.answer = "HTTP/1.1 200 OK\r\n\r\n"}), HasSubstr("not an answer"));
  EXPECT_THAT(failure_with({.answer = "*2147483647\r\n"}), HasSubstr("not an answer"));
  EXPECT_THAT(failure_with({.answer = "$9223372036854775807\r\nx"}), testing::Ne(""));
  EXPECT_THAT(failure_with({.answer = "", .greeting = "-DENIED go away\r\n"}), HasSubstr("DENIED"));
  EXPECT_THAT(failure_with({.answer = "", .greeting = "?"}), testing::Ne(""));
  EXPECT_THAT(failure_with({.answer = "+a\r\n+b\r\n+c\r\n"}), "");
}

io::Task<> overflow(Client& client, TestServer*) {
  const auto executor = co_await asio::this_coro::executor;
  for (int i = 0; i < 3; ++i) {
    asio::co_spawn(executor, client.command({"BLPOP", "none", "0"}, 200ms), asio::detached);
  }
  co_await io::yield();
  const auto refused = co_await client.command({"PING"});
  EXPECT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("too many"));
}

TEST_F(RealServer, BoundsWhatIsUnderWay) {
  NEEDS_SERVER();
  run_client({.connection = quick(server_->endpoint()), .commands_max = 3}, &*server_, overflow);
}

TEST(Backoff, GrowsWithinItsBoundsAndVaries) {
  Backoff backoff(100ms, 1'000ms);
  std::set<std::chrono::milliseconds> seen;
  for (int i = 0; i < 4; ++i) {
    const auto most = std::min(1'000ms, 100ms * (1 << i));
    const auto pause = backoff.next();
    EXPECT_GE(pause, most / 2);
    EXPECT_LE(pause, most);
  }
  for (int i = 0; i < 50; ++i) seen.insert(backoff.next());
  EXPECT_GT(seen.size(), 5u);
  backoff.reset();
  EXPECT_LE(backoff.next(), 100ms);
}

}  // namespace
}  // namespace redis
