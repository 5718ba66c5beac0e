#include "http/server.h"

#include "base/metrics.h"
#include "http/server_fixture.h"

#include <gtest/gtest.h>

namespace http {
namespace {

using namespace std::chrono_literals;

io::Task<Response> say(std::string text) { co_return text_response(std::move(text)); }

io::Task<Response> fail_with(std::exception_ptr error) {
  std::rethrow_exception(error);
  co_return no_content();
}

io::Task<Response> sleep_then_answer(std::chrono::milliseconds time) {
  co_await io::sleep_for(time);
  co_return text_response("awake");
}

Router make_router() {
  Router router;
  router.get("/hello", [](Request) { return say("hello"); });
  router.get("/echo/{name}", [](Request request) { return say(request.param("name")); });
  router.post("/echo", [](Request request) { return say(request.body); });
  router.post("/large/echo",
              [](Request request) { return say(std::to_string(request.body.size())); });
  router.get("/long", [](Request) { return say(std::string(100'000, 'x')); });
  router.get("/who", [](Request request) {
    return say(request.remote_address + (request.secure ? " secure" : " plain"));
  });
  router.get("/header",
             [](Request request) { return say(std::string(request.headers.get("X-Late"))); });
  router.get("/unavailable",
             [](Request) { return fail_with(std::make_exception_ptr(base::Unavailable("gone"))); });
  router.get("/broken", [](Request) {
    return fail_with(std::make_exception_ptr(std::logic_error("secret")));
  });
  router.get("/slow", [](Request) { return sleep_then_answer(1h); });
  router.get("/injection", [](Request request) {
    Response response = redirect(std::string(request.query.get("to").value_or("/")));
    response.headers.set("Content-Length", "999");
    return [](Response inner) -> io::Task<Response> { co_return inner; }(std::move(response));
  });
  return router;
}

class ServerTest : public testing::Test {
 protected:
  ServerFixture server_{make_router(),
                        {.body_max = 1000,
                         .large_body_max = 4 * 1024 * 1024,
                         .large_body_paths = {"/large"},
                         .header_timeout = 100ms,
                         .body_timeout = 100ms,
                         .handler_timeout = 100ms,
                         .idle_timeout = 200ms}};
};

TEST_F(ServerTest, AnswersWithDateIdsAndSafeDefaults) {
  const auto answer = server_.get("/hello", "X-Request-Id: abc-1\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.headers.get("X-Request-Id"), "abc-1");
  EXPECT_EQ(answer.headers.get("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.headers.get("Cache-Control"), "no-store");
  EXPECT_TRUE(answer.headers.get("Date").ends_with(" GMT"));
  EXPECT_EQ(answer.headers.get("traceparent").size(), 55U);
}

TEST_F(ServerTest, ContinuesAWellFormedTraceOnly) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const auto good = server_.get("/hello", "traceparent: 00-" + trace + "-00f067aa0ba902b7-01\r\n");
  EXPECT_NE(good.headers.get("traceparent").find(trace), std::string_view::npos);
  EXPECT_EQ(good.headers.get("traceparent").find("00f067aa0ba902b7"), std::string_view::npos);
  const auto bad =
      server_.get("/hello", "traceparent: 00-" + std::string(32, '0') + "-00f067aa0ba902b7-01\r\n");
  EXPECT_EQ(bad.headers.get("traceparent").find(std::string(32, '0')), std::string_view::npos);
  const auto id = server_.get("/hello", "X-Request-Id: a\"b{}\r\n");
  EXPECT_EQ(id.headers.get("X-Request-Id").size(), 36U);
}

TEST_F(ServerTest, KeepsAliveAndAnswersPipelinedRequestsInOrder) {
  RawClient client(server_.port());
  client.send(
      "GET /echo/1 HTTP/1.1\r\nHost: t\r\n\r\nPOST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: "
      "3\r\n\r\ntwo"
      "GET /echo/3 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "1");
  EXPECT_EQ(client.read_answer().body, "two");
  EXPECT_EQ(client.read_answer().body, "3");
  EXPECT_TRUE(client.at_end());
}

TEST_F(ServerTest, OldClientsAreClosedUnlessTheyAskToStay) {
  RawClient client(server_.port());
  client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "hello");
  client.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "hello");
  EXPECT_TRUE(client.at_end());
}

TEST_F(ServerTest, HeadHasTheLengthButNoBody) {
  RawClient client(server_.port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto head = client.read_answer("HEAD");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.get("Content-Length"), "5");
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST_F(ServerTest, ReadsChunksAndDropsTrailers) {
  RawClient client(server_.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;extension=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Late: trailer\r\n\r\n"
      "GET /header HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "abcde");
  EXPECT_EQ(client.read_answer().body, "");
}

TEST_F(ServerTest, SaysContinueWhenAsked) {
  RawClient client(server_.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_EQ(client.read_answer().body, "ok");
}

struct Refusal {
  const char* name;
  std::string bytes;
  int status;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

class RefusalTest : public ServerTest, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusalTest, IsAProblemAndClosesTheConnection) {
  RawClient client(server_.port());
  client.send(GetParam().bytes + "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, GetParam().status) << answer.body;
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  EXPECT_TRUE(client.at_end()) << "what follows a refused request must not be read as a request";
}

std::string post(const std::string& headers, const std::string& body = "") {
  return "POST /echo HTTP/1.1\r\n" + headers + "\r\n" + body;
}

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusalTest,
    testing::Values(
        Refusal{"two lengths",
                post("Host: t\r\nContent-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400},
        Refusal{"same length twice",
                post("Host: t\r\nContent-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400},
        Refusal{"list of lengths", post("Host: t\r\nContent-Length: 3, 3\r\n", "abc"), 400},
        Refusal{"signed length", post("Host: t\r\nContent-Length: +3\r\n", "abc"), 400},
        Refusal{"negative length", post("Host: t\r\nContent-Length: -1\r\n"), 400},
        Refusal{"huge length", post("Host: t\r\nContent-Length: 99999999999999999999999\r\n"), 400},
        Refusal{"empty length", post("Host: t\r\nContent-Length:\r\n"), 400},
        Refusal{"length and chunks",
                post("Host: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                400},
        Refusal{"chunks and length",
                post("Host: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
                400},
        Refusal{"unknown coding", post("Host: t\r\nTransfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
                501},
        Refusal{"coding list", post("Host: t\r\nTransfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
                501},
        Refusal{"chunked twice",
                post("Host: t\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                     "0\r\n\r\n"),
                400},
        Refusal{"chunked then identity",
                post("Host: t\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                     "0\r\n\r\n"),
                400},
        Refusal{"chunks in 1.0",
                "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Refusal{"space before colon", post("Host: t\r\nContent-Length : 3\r\n", "abc"), 400},
        Refusal{"folded header", post("Host: t\r\nX-A: b\r\n Content-Length: 3\r\n", "abc"), 400},
        Refusal{"bad chunk size", post("Host: t\r\nTransfer-Encoding: chunked\r\n", "zz\r\n\r\n"),
                400},
        Refusal{"huge chunk size",
                post("Host: t\r\nTransfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"), 400},
        Refusal{"endless chunk extension",
                post("Host: t\r\nTransfer-Encoding: chunked\r\n", "1;" + std::string(20'000, 'x')),
                400},
        Refusal{"bare line feeds", "GET /hello HTTP/1.1\nHost: t\n\n", 400}));

INSTANTIATE_TEST_SUITE_P(
    Header, RefusalTest,
    testing::Values(
        Refusal{"no host", "GET /hello HTTP/1.1\r\n\r\n", 400},
        Refusal{"two hosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Refusal{"host with a path", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        Refusal{"NUL in a value",
                std::string("GET /hello HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 41), 400},
        Refusal{"unknown version", "GET /hello HTTP/3.0\r\nHost: t\r\n\r\n", 400},
        Refusal{"not HTTP", "\x16\x03\x01\x02\r\n\r\n", 400},
        Refusal{"dot segments", "GET /../etc/passwd HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        Refusal{"encoded dot segments", "GET /%2e%2e/etc HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        Refusal{"encoded slash", "GET /echo/a%2fb HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        Refusal{"encoded NUL", "GET /echo/a%00 HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        Refusal{"not a path", "GET hello HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        Refusal{"unknown expectation",
                post("Host: t\r\nExpect: more\r\nContent-Length: 1\r\n", "a"), 417},
        Refusal{"long target", "GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: t\r\n\r\n",
                414},
        Refusal{"endless target", "GET /" + std::string(40'000, 'a'), 414},
        Refusal{"long header", "GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(40'000, 'a'), 431},
        Refusal{"large body", post("Host: t\r\nContent-Length: 1001\r\n"), 413},
        Refusal{
            "large chunked body",
            post("Host: t\r\nTransfer-Encoding: chunked\r\n", "3e9\r\n" + std::string(1001, 'x')),
            413}));

TEST_F(ServerTest, RefusesTooManyHeaders) {
  std::string many;
  for (int i = 0; i < 200; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  EXPECT_EQ(server_.get("/hello", many).status, 431);
}

TEST_F(ServerTest, TakesLargeBodiesOnlyWhereAllowed) {
  const std::string body(3 * 1024 * 1024, 'x');
  const auto taken = server_.send(
      "POST /large/echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3145728\r\n\r\n" + body);
  EXPECT_EQ(taken.body, "3145728");
  const auto refused =
      server_.send("POST /largest HTTP/1.1\r\nHost: t\r\nContent-Length: 3145728\r\n\r\n" + body);
  EXPECT_EQ(refused.status, 413);
}

TEST_F(ServerTest, SlowHeaderAndSlowBodyTimeOut) {
  RawClient slow_header(server_.port());
  slow_header.send("GET /hello HTTP/1.1\r\nHost:");
  EXPECT_EQ(slow_header.read_answer().status, 408);
  RawClient slow_body(server_.port());
  slow_body.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(slow_body.read_answer().status, 408);
  EXPECT_TRUE(slow_body.at_end());
}

TEST_F(ServerTest, DribbledBytesDoNotExtendTheHeaderDeadline) {
  RawClient client(server_.port());
  std::thread dribble([&client] {
    client.send("GET /hello HTTP/1.1\r\nHost: t\r\n");
    for (int i = 0; i < 100; ++i) {
      client.send("X-A: b\r\n");
      std::this_thread::sleep_for(10ms);  // the attack itself
    }
  });
  EXPECT_EQ(client.read_answer().status, 408);
  dribble.join();
}

TEST_F(ServerTest, IdleConnectionsAreClosedInSilence) {
  RawClient client(server_.port());
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(ServerTest, ClientThatLeavesMidRequestIsForgotten) {
  {
    RawClient client(server_.port());
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab");
    client.reset();
  }
  while (server_.connections() > 0) std::this_thread::yield();
  EXPECT_EQ(server_.get("/hello").status, 200);
}

TEST_F(ServerTest, FailuresAreProblemsWithoutTheirCause) {
  const auto unavailable = server_.get("/unavailable");
  EXPECT_EQ(unavailable.status, 503);
  EXPECT_EQ(unavailable.headers.get("Retry-After"), "5");
  const auto broken = server_.get("/broken");
  EXPECT_EQ(broken.status, 500);
  EXPECT_EQ(broken.body.find("secret"), std::string::npos);
  EXPECT_NE(broken.body.find("request_id"), std::string::npos);
  const auto missing = server_.get("/missing");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.headers.get("Content-Type"), "application/problem+json");
  const auto wrong = server_.send("DELETE /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.get("Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(ServerTest, AHandlerThatTakesTooLongIsGivenUp) {
  RawClient client(server_.port());
  client.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 503);
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST_F(ServerTest, HandlersCannotBreakTheFraming) {
  const auto answer = server_.get("/injection?to=%2Fa%0D%0ASet-Cookie:%20stolen=1");
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(answer.headers.get("Content-Length"), "0");
  EXPECT_FALSE(answer.headers.has("Set-Cookie"));
}

TEST_F(ServerTest, CompressesWhatIsWorthIt) {
  const auto brotli = server_.get("/long", "Accept-Encoding: gzip, br\r\n");
  EXPECT_EQ(brotli.headers.get("Content-Encoding"), "br");
  EXPECT_LT(brotli.body.size(), 1000U);
  EXPECT_EQ(brotli.headers.get("Vary"), "Accept-Encoding");
  const auto gzip = server_.get("/long", "Accept-Encoding: gzip, br;q=0\r\n");
  EXPECT_EQ(gzip.headers.get("Content-Encoding"), "gzip");
  EXPECT_TRUE(gzip.body.starts_with("\x1f\x8b"));
  const auto plain = server_.get("/long");
  EXPECT_EQ(plain.body, std::string(100'000, 'x'));
  EXPECT_EQ(plain.headers.get("Vary"), "Accept-Encoding");
  EXPECT_FALSE(server_.get("/hello", "Accept-Encoding: br\r\n").headers.has("Content-Encoding"));
}

TEST_F(ServerTest, StrangersCannotForgeTheirAddress) {
  EXPECT_EQ(server_.get("/who", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n").body,
            "127.0.0.1 plain");
}

TEST(Proxies, TheLastUntrustedHopIsTheClient) {
  ServerFixture server(make_router(), {.trusted_proxies = {"127.0.0.0/8", "10.0.0.0/8"}});
  const auto who = [&](std::string_view headers) { return server.get("/who", headers).body; };
  EXPECT_EQ(who("X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.0.0.9\r\nX-Forwarded-Proto: https\r\n"),
            "1.2.3.4 secure");
  EXPECT_EQ(who("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: [2001:db8::1]:99\r\n"),
            "2001:db8::1 plain");
  EXPECT_EQ(who("X-Forwarded-For: 6.6.6.6, nonsense, 10.0.0.9\r\n"), "10.0.0.9 plain");
  EXPECT_EQ(who(""), "127.0.0.1 plain");
}

TEST(ConnectionLimit, TellsTheClientAndRecovers) {
  ServerFixture server(make_router(), {.connections_max = 1});
  {
    RawClient first(server.port());
    first.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_EQ(first.read_answer().status, 200);
    RawClient second(server.port());
    const auto answer = second.read_answer();
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.body.ends_with("}\r\n"));
    EXPECT_TRUE(second.at_end());
  }
  while (server.connections() > 0) std::this_thread::yield();
  EXPECT_EQ(server.get("/hello").status, 200);
}

TEST(WriteTimeout, AClientThatDoesNotReadIsCut) {
  Router router;
  static const std::string huge(64 * 1024 * 1024, 'x');
  router.get("/huge",
             [](Request) -> io::Task<Response> { co_return Response{.static_body = huge}; });
  ServerFixture server(std::move(router), {.write_timeout = 50ms});
  RawClient client(server.port());
  client.send("GET /huge HTTP/1.1\r\nHost: t\r\n\r\n");
  while (server.connections() == 0) std::this_thread::yield();
  while (server.connections() > 0) std::this_thread::yield();
  EXPECT_LT(client.read_to_end().size(), huge.size());
}

TEST(Listening, ErrorsNameTheAddress) {
  ServerFixture first(make_router());
  try {
    ServerFixture second(make_router(), {.port = first.port()});
    FAIL() << "two servers on one port";
  } catch (const base::Unavailable& error) {
    EXPECT_NE(std::string(error.what()).find("127.0.0.1 port " + std::to_string(first.port())),
              std::string::npos);
  }
}

TEST_F(ServerTest, CountsRequestsByRoute) {
  EXPECT_EQ(server_.get("/echo/secret-value").status, 200);
  EXPECT_EQ(server_.send("INVENTED /hello HTTP/1.1\r\nHost: t\r\n\r\n").status, 405);
  const std::string text = metrics::expose();
  EXPECT_NE(text.find(R"(http_requests_total{method="GET",route="/echo/{name}",status="200"})"),
            std::string::npos);
  EXPECT_EQ(text.find("secret-value"), std::string::npos);
  EXPECT_EQ(text.find("INVENTED"), std::string::npos);
}

}  // namespace
}  // namespace http
