#include "http/curl_client.h"

#include "http/server_fixture.h"
#include "http/stall_guard.h"

#include <csignal>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest.h>

namespace http {
namespace {

using namespace std::chrono_literals;
using Sent = TransportError::Sent;
using Result = std::expected<ClientResponse, TransportError>;

CurlOptions options(std::vector<std::string> allowed = {"127.0.0.0/8"}) {
  return {.addresses = *AddressPolicy::parse(allowed)};
}

io::Task<> send_into(Result* into, ClientRequest request, CurlOptions client_options) {
  const auto client =
      make_curl_client(co_await asio::this_coro::executor, std::move(client_options));
  *into = co_await client->send(std::move(request));
}

Result send(ClientRequest request, CurlOptions client_options = options()) {
  Result result;
  io::run([&] { return send_into(&result, request, client_options); });
  return result;
}

TransportError failure(const Result& result) {
  EXPECT_FALSE(result.has_value());
  return result ? TransportError{} : result.error();
}

io::Task<Response> describe(Request request) {
  std::string text = request.method + " " + request.target + "\n";
  for (const auto& [name, value] : request.headers.all()) text += name + ": " + value + "\n";
  co_return text_response(text + "\n" + request.body);
}

io::Task<Response> go_to(std::string location) { co_return redirect(std::move(location), 302); }
io::Task<Response> answer_long(std::size_t size) {
  co_return text_response(std::string(size, 'x'));
}

Router make_router() {
  Router router;
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
    router.add(method, "/describe", describe);
  router.get("/to", [](Request request) {
    return go_to(std::string(request.query.get("url").value_or("/")));
  });
  router.get("/loop", [](Request) { return go_to("/loop"); });
  router.get("/long", [](Request) { return answer_long(100'000); });
  return router;
}

class CurlClientTest : public testing::Test {
 protected:
  ServerFixture server_{make_router()};
};

TEST_F(CurlClientTest, SendsMethodsBodiesAndHeaders) {
  ClientRequest request{.method = "POST", .url = server_.url("/describe?a=1"), .body = "the body"};
  request.headers.set("Authorization", "Bearer token");
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Content-Length", "1");
  const Result result = send(request);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_TRUE(result->body.starts_with("POST /describe?a=1\n")) << result->body;
  EXPECT_TRUE(result->body.ends_with("\n\nthe body")) << result->body;
  EXPECT_NE(result->body.find("Authorization: Bearer token\n"), std::string::npos);
  EXPECT_NE(result->body.find("Content-Length: 8\n"), std::string::npos);
  EXPECT_EQ(result->body.find("Expect"), std::string::npos);
}

TEST_F(CurlClientTest, LargeBodiesDoNotWaitForContinue) {
  const Result result =
      send({.method = "PUT", .url = server_.url("/describe"), .body = std::string(200'000, 'x')});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body.find("100-continue"), std::string::npos);
}

TEST_F(CurlClientTest, EmptyBodiesAndOtherMethods) {
  const Result post = send({.method = "POST", .url = server_.url("/describe")});
  ASSERT_TRUE(post);
  EXPECT_NE(post->body.find("Content-Length: 0\n"), std::string::npos);
  EXPECT_EQ(post->body.find("Content-Type"), std::string::npos);
  const Result removal = send({.method = "DELETE", .url = server_.url("/describe")});
  ASSERT_TRUE(removal);
  EXPECT_TRUE(removal->body.starts_with("DELETE"));
  const Result head = send({.method = "HEAD", .url = server_.url("/describe")});
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
}

TEST_F(CurlClientTest, ReadsCompressedAnswersWithinTheLimit) {
  const Result whole = send({.url = server_.url("/long")});
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->headers.get("Content-Encoding"), "br");
  EXPECT_EQ(whole->body.size(), 100'000U);
  // A small answer that unpacks to a large one counts as large.
  const TransportError error = failure(send({.url = server_.url("/long"), .body_max = 99'999}));
  EXPECT_EQ(error.code, "too_large");
  EXPECT_EQ(error.sent, Sent::maybe_sent);
}

TEST(CurlClient, RefusedConnectionIsNotSent) {
  std::uint16_t port = 0;
  {
    ScriptedPeer peer([](RawClient&) {});
    port = peer.port();
  }
  const TransportError error =
      failure(send({.method = "POST",
                    .url = fmt::format("http://127.0.0.1:{}/secret?key=1", port),
                    .body = "x"}));
  EXPECT_EQ(error.code, "connect");
  EXPECT_EQ(error.sent, Sent::not_sent);
  EXPECT_EQ(error.message.find("secret"), std::string::npos);
  EXPECT_NE(error.message.find("127.0.0.1"), std::string::npos);
}

TEST_F(CurlClientTest, WhatMayNotBeginAnyMoreIsNotSent) {
  int asked = 0;
  const auto refuse = [&asked] {
    ++asked;
    return false;
  };
  const TransportError error = failure(send({.method = "POST",
                                             .url = server_.url("/describe"),
                                             .body = "too late",
                                             .may_begin = refuse}));
  EXPECT_EQ(error.sent, Sent::not_sent);
  EXPECT_EQ(error.code, "held_back");
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(send({.url = server_.url("/describe"), .may_begin = [] { return true; }}));
}

// The process was stopped while it asked, or right after: the kernel's timer speaks first.
TEST_F(CurlClientTest, WhoeverStalledOnTheWayOutSendsNothing) {
  const TransportError error = failure(
      send({.method = "POST", .url = server_.url("/describe"), .body = "too late", .may_begin = [] {
              raise(stall_guard::signal_number());
              return true;
            }}));
  EXPECT_EQ(error.sent, Sent::not_sent);
  EXPECT_EQ(error.code, "held_back");
  EXPECT_TRUE(send({.url = server_.url("/describe"), .may_begin = [] { return true; }}));
}

TEST(CurlClient, UnknownNameIsNotSent) {
  const TransportError error =
      failure(send({.method = "POST", .url = "http://nowhere.invalid/", .timeout = 20s}));
  EXPECT_EQ(error.sent, Sent::not_sent);
}

TEST(CurlClient, BadUrlsAreNotSent) {
  for (const char* url :
       {"", "nonsense", "file:///etc/passwd", "ftp://127.0.0.1/", "http://", "gopher://127.0.0.1/",
        "http://a b/", "http://127.0.0.1\r\nX: y/", "ws://127.0.0.1/", "//127.0.0.1/"}) {
    const TransportError error = failure(send({.method = "POST", .url = url}));
    EXPECT_EQ(error.code, "bad_url") << url;
    EXPECT_EQ(error.sent, Sent::not_sent) << url;
  }
}

TEST_F(CurlClientTest, PlainServerBehindHttpsIsATlsFailureNotSent) {
  const TransportError error = failure(
      send({.method = "POST", .url = fmt::format("https://127.0.0.1:{}/", server_.port())}));
  EXPECT_EQ(error.code, "tls");
  EXPECT_EQ(error.sent, Sent::not_sent);
}

TEST(CurlClient, AnswerDroppedAfterTheRequestIsMaybeSentAndNotRepeated) {
  ScriptedPeer peer([](RawClient& connection) { connection.read_until("the body"); });
  const TransportError error =
      failure(send({.method = "POST", .url = peer.url("/"), .body = "the body"}));
  EXPECT_EQ(error.code, "broken");
  EXPECT_EQ(error.sent, Sent::maybe_sent);
  EXPECT_EQ(peer.accepted(), 1);
}

TEST(CurlClient, ConnectionResetInTheMiddleIsMaybeSent) {
  ScriptedPeer peer([](RawClient& connection) {
    connection.read_until("POST");
    connection.reset();
  });
  EXPECT_EQ(failure(send({.method = "POST", .url = peer.url("/"), .body = "x"})).sent,
            Sent::maybe_sent);
}

TEST(CurlClient, SilentServerTimesOutAsMaybeSent) {
  ScriptedPeer peer([](RawClient& connection) { connection.read_to_end(); });
  const TransportError error =
      failure(send({.method = "POST", .url = peer.url("/"), .body = "x", .timeout = 100ms}));
  EXPECT_EQ(error.code, "timeout");
  EXPECT_EQ(error.sent, Sent::maybe_sent);
}

TEST(CurlClient, SilentServerTimesOutBeforeTlsAsNotSent) {
  ScriptedPeer peer([](RawClient& connection) { connection.read_to_end(); });
  const std::string url = fmt::format("https://127.0.0.1:{}/", peer.port());
  const TransportError error = failure(send({.method = "POST", .url = url, .timeout = 100ms}));
  EXPECT_EQ(error.code, "timeout");
  EXPECT_EQ(error.sent, Sent::not_sent);
}

TEST(CurlClient, TruncatedAnswerIsMaybeSent) {
  ScriptedPeer peer([](RawClient& connection) {
    connection.read_until("\r\n\r\n");
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  });
  EXPECT_EQ(failure(send({.method = "POST", .url = peer.url("/")})).sent, Sent::maybe_sent);
}

TEST(CurlClient, EndlessHeaderIsTooLarge) {
  ScriptedPeer peer([](RawClient& connection) {
    connection.read_until("\r\n\r\n");
    connection.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100; ++i) connection.send("X: " + std::string(1'000, 'x') + "\r\n");
  });
  EXPECT_EQ(failure(send({.url = peer.url("/")})).code, "too_large");
}

io::Task<> post_twice(std::string url) {
  const auto client = make_curl_client(co_await asio::this_coro::executor, options());
  for (int i = 0; i < 2; ++i) {
    const Result result = co_await client->send({.method = "POST", .url = url, .body = "x"});
    EXPECT_TRUE(result);
  }
}

TEST(CurlClient, PostsNeverShareAConnection) {
  ScriptedPeer peer([](RawClient& connection) {
    while (!connection.read_until("\r\n\r\nx").empty()) {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  io::run([&] { return post_twice(peer.url("/")); });
  EXPECT_EQ(peer.accepted(), 2);
}

TEST_F(CurlClientTest, PrivateAddressesAreBlocked) {
  for (const std::string host :
       {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0"}) {
    const std::string url = fmt::format("http://{}:{}/describe", host, server_.port());
    const TransportError error = failure(send({.method = "POST", .url = url}, options({})));
    EXPECT_EQ(error.code, "blocked_address") << host;
    EXPECT_EQ(error.sent, Sent::not_sent) << host;
  }
}

TEST_F(CurlClientTest, FollowsRedirectsWhenAsked) {
  ClientRequest request{.url = server_.url("/to?url=/describe?b=2"), .redirects_max = 1};
  request.headers.set("Authorization", "Bearer token");
  const Result result = send(request);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->body.starts_with("GET /describe?b=2\n"));
  EXPECT_NE(result->body.find("Bearer token"), std::string::npos);
  EXPECT_EQ(result->url, server_.url("/describe?b=2"));
  EXPECT_EQ(send({.url = server_.url("/to?url=/describe")})->status, 302);
  EXPECT_EQ(send({.url = server_.url("/loop"), .redirects_max = 3})->status, 302);
}

TEST_F(CurlClientTest, CredentialsStayWithTheirHost) {
  ServerFixture other(make_router());
  ClientRequest request{.url = server_.url("/to?url=" + other.url("/describe")),
                        .redirects_max = 1};
  request.headers.set("Authorization", "Bearer token");
  request.headers.set("X-Api-Key", "key");
  request.headers.set("Accept", "text/plain");
  const Result result = send(request);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body.find("token"), std::string::npos);
  EXPECT_EQ(result->body.find("X-Api-Key"), std::string::npos);
  EXPECT_NE(result->body.find("Accept: text/plain"), std::string::npos);
}

TEST_F(CurlClientTest, RedirectsToBlockedAddressesAndSchemesEnd) {
  const TransportError blocked =
      failure(send({.url = server_.url("/to?url=http://127.0.0.2:1/"), .redirects_max = 3},
                   options({"127.0.0.1/32"})));
  EXPECT_EQ(blocked.code, "blocked_address");
  EXPECT_EQ(blocked.sent, Sent::maybe_sent) << "the first host did get the request";
  EXPECT_EQ(
      failure(send({.url = server_.url("/to?url=file:///etc/passwd"), .redirects_max = 3})).code,
      "bad_url");
}

TEST_F(CurlClientTest, LoopbackThatMustBeNamedIsNotReachedOtherwise) {
  CurlOptions own = options({});
  own.addresses = AddressPolicy::parse({}, {"127.0.0.0/8", "::1/128"}).value();
  EXPECT_EQ(send({.url = server_.url("/describe")}, own)->status, 200);
  EXPECT_EQ(send({.url = server_.url("/to?url=/describe"), .redirects_max = 1}, own)->status, 200);
  EXPECT_FALSE(own.addresses.for_host("evil.example").allows("127.0.0.1"));
  EXPECT_FALSE(own.addresses.for_host("").allows("127.0.0.1"));
  EXPECT_TRUE(own.addresses.for_host("localhost").allows("127.0.0.1"));
  EXPECT_TRUE(own.addresses.for_host("evil.example").allows("192.0.1.1"));
}

io::Task<> cancel_while_waiting(std::string url, bool* cancelled) {
  const auto executor = co_await asio::this_coro::executor;
  const auto client = make_curl_client(executor, options());
  asio::cancellation_signal cancel;
  io::Event ended(executor);
  asio::co_spawn(
      executor, client->send({.url = url}),
      asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error, const Result&) {
        *cancelled = error != nullptr;
        ended.notify();
      }));
  co_await io::sleep_for(20ms);  // well into the request: the peer never answers
  cancel.emit(asio::cancellation_type::terminal);
  co_await ended.wait();
}

TEST(CurlClient, CancellingReleasesTheRequest) {
  std::atomic<bool> closed = false;
  bool cancelled = false;
  {
    ScriptedPeer peer([&](RawClient& connection) {
      connection.read_to_end();
      closed = true;
    });
    io::run([&] { return cancel_while_waiting(peer.url("/"), &cancelled); });
  }
  EXPECT_TRUE(cancelled);
  EXPECT_TRUE(closed);
}

io::Task<> send_many(std::string url, int* answered) {
  const auto executor = co_await asio::this_coro::executor;
  const std::shared_ptr<Client> client = make_curl_client(executor, options());
  io::Event ended(executor);
  for (int i = 0; i < 100; ++i) {
    asio::co_spawn(executor, client->send({.url = url}),
                   [&](std::exception_ptr, const Result& result) {
                     if (result && result->status == 200) ++*answered;
                     ended.notify();
                   });
  }
  while (*answered < 100 && co_await ended.wait_for(10s)) {
  }
}

TEST_F(CurlClientTest, ManyRequestsAtOnceShareFewConnections) {
  int answered = 0;
  io::run([&] { return send_many(server_.url("/describe"), &answered); });
  EXPECT_EQ(answered, 100);
}

// The loop ends in the middle of a request: nothing may be touched afterwards.
TEST(CurlClient, AnEndingLoopDropsItsRequests) {
  ScriptedPeer peer([](RawClient& connection) { connection.read_to_end(); });
  asio::io_context loop(1);
  const auto client = make_curl_client(loop.get_executor(), options());
  asio::co_spawn(loop, client->send({.url = peer.url("/")}), asio::detached);
  loop.run_for(20ms);
  EXPECT_FALSE(loop.stopped());
}

TEST(RetryAfter, ReadsSecondsAndDates) {
  const auto seconds = [](std::string text) {
    Headers headers;
    headers.set("Retry-After", std::move(text));
    return retry_after(headers, *base::parse_rfc3339("2026-11-23T09:00:00Z")).count();
  };
  EXPECT_EQ(seconds("120"), 120);
  EXPECT_EQ(seconds("999999999999999999999999"), 86'400);
  EXPECT_EQ(seconds("Mon, 23 Nov 2026 09:01:00 GMT"), 60);
  EXPECT_EQ(seconds("Mon, 23 Nov 2020 09:01:00 GMT"), 0);
  EXPECT_EQ(seconds("soon"), 0);
  EXPECT_EQ(seconds("-5"), 0);
  EXPECT_EQ(retry_after({}, {}).count(), 0);
}

}  // namespace
}  // namespace http
