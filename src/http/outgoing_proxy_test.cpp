#include "http/outgoing_proxy.h"

#include "http/curl_client.h"
#include "http/dial.h"
#include "http/server_fixture.h"

#include <gtest/gtest.h>

namespace http {
namespace {

using namespace std::chrono_literals;

TEST(ProxySettings, ChoosesBySchemeAndExceptions) {
  const ProxySettings settings{.http = "http://plain:1",
                               .https = "http://secure:2",
                               .none_for = "a.example, .b.example,10.0.0.0/8"};
  const auto proxy = [&](std::string_view url) { return settings.proxy_for(*parse_url(url)); };
  EXPECT_EQ(proxy("http://other.example/"), "http://plain:1");
  EXPECT_EQ(proxy("https://other.example/"), "http://secure:2");
  EXPECT_EQ(proxy("wss://other.example/"), "http://secure:2");
  for (const char* direct :
       {"http://a.example/", "http://x.a.example/", "http://B.Example/", "http://x.b.example/",
        "http://10.1.2.3/", "http://localhost/", "http://127.0.0.1/", "http://[::1]/"}) {
    EXPECT_EQ(proxy(direct), "") << direct;
  }
  EXPECT_NE(proxy("http://xa.example/"), "");
  const ProxySettings none{.http = "http://plain:1", .none_for = "*"};
  EXPECT_EQ(none.proxy_for(*parse_url("http://other.example/")), "");
}

io::Task<> dial_into(std::string url, ProxySettings proxies, std::string* said,
                     std::optional<TransportError>* error) {
  auto socket = co_await dial(*parse_url(url), *AddressPolicy::parse({}), proxies,
                              std::chrono::steady_clock::now() + 5s);
  if (!socket) {
    *error = socket.error();
    co_return;
  }
  co_await socket->async_write_some(asio::buffer(std::string_view("hello")), asio::use_awaitable);
  std::array<char, 16> bytes;
  const std::size_t count =
      co_await socket->async_read_some(asio::buffer(bytes), asio::use_awaitable);
  *said = std::string(bytes.data(), count);
}

TEST(Dial, GoesThroughATunnel) {
  std::string request;
  std::string said;
  std::optional<TransportError> error;
  {
    ScriptedPeer proxy([&](RawClient& connection) {
      request = connection.read_until("\r\n\r\n");
      connection.send("HTTP/1.1 200 Connection established\r\n\r\n");
      connection.read_until("hello");
      connection.send("tunnelled");
      connection.read_to_end();
    });
    const ProxySettings settings{.https =
                                     fmt::format("http://user:pass%21@127.0.0.1:{}", proxy.port())};
    // What the far end says at once may come with the proxy's answer; a client that speaks first
    // never sees that.
    io::run([&] { return dial_into("wss://far.example/", settings, &said, &error); });
  }
  EXPECT_FALSE(error);
  EXPECT_EQ(said, "tunnelled");
  EXPECT_TRUE(request.starts_with("CONNECT far.example:443 HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("Proxy-Authorization: Basic dXNlcjpwYXNzIQ==\r\n"), std::string::npos)
      << request;
}

TEST(Dial, ARefusedTunnelAndABlockedAddressAreNotSent) {
  std::string said;
  std::optional<TransportError> error;
  ScriptedPeer proxy([](RawClient& connection) {
    connection.read_until("\r\n\r\n");
    connection.send("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  });
  const ProxySettings settings{.http = fmt::format("http://127.0.0.1:{}", proxy.port())};
  io::run([&] { return dial_into("ws://far.example/", settings, &said, &error); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "connect");
  EXPECT_NE(error->message.find("407"), std::string::npos);
  io::run([&] { return dial_into("ws://169.254.169.254/", settings, &said, &error); });
  EXPECT_EQ(error->code, "blocked_address");
  EXPECT_EQ(error->sent, TransportError::Sent::not_sent);
  EXPECT_EQ(proxy.accepted(), 1);
}

io::Task<> send_into(std::string url, std::expected<ClientResponse, TransportError>* into) {
  const auto client = make_curl_client(co_await asio::this_coro::executor,
                                       {.addresses = *AddressPolicy::parse({})});
  *into = co_await client->send({.url = url});
}

TEST(CurlProxy, TheEnvironmentsProxyIsUsedAndGuardsLiterals) {
  std::string request;
  std::expected<ClientResponse, TransportError> result;
  {
    ScriptedPeer proxy([&](RawClient& connection) {
      request = connection.read_until("\r\n\r\n");
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    setenv("http_proxy", fmt::format("http://127.0.0.1:{}", proxy.port()).c_str(), 1);
    io::run([&] { return send_into("http://far.example/a", &result); });
    ASSERT_TRUE(result);
    EXPECT_EQ(result->body, "ok");
    EXPECT_TRUE(request.starts_with("GET http://far.example/a HTTP/1.1\r\n")) << request;
    io::run([&] { return send_into("http://169.254.169.254/latest", &result); });
    unsetenv("http_proxy");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "blocked_address");
    EXPECT_EQ(proxy.accepted(), 1);
  }
}

}  // namespace
}  // namespace http
