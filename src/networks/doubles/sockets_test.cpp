// The doubles on real ports, and the real clients against them: what the loopback leaves out.
#include "http/curl_client.h"
#include "http/server.h"
#include "networks/doubles/mastodon.h"
#include "networks/doubles/relay_server.h"
#include "networks/network.h"

#include <gtest/gtest.h>

namespace networks::doubles {
namespace {

const Key key{"0123456789abcdef0123456789abcdef", base::from_micros(1'795'424'400'123'456)};

Account account_of(std::string network, const Identity& identity) {
  return {.id = base::AccountId::make(),
          .network = std::move(network),
          .remote_id = identity.remote_id,
          .handle = identity.handle,
          .credentials = identity.credentials,
          .details = identity.details};
}

struct Published3 {
  Outcome first;
  Found found;
  Outcome second;
};

// Publishes under a fault, looks up, publishes again.
io::Task<Published3> three_steps(Context context, Double* far, std::string network,
                                 std::string origin, Fault fault) {
  const Network& connector = *by_id(network);
  const auto identity = co_await connector.connect(context, far->settings(origin));
  if (!identity) throw std::runtime_error(identity.error().message);
  const Account account = account_of(network, *identity);
  const Content content{.parts = {{.text = "Hello"}}};
  const auto frozen = std::get<Frozen>(co_await connector.prepare(context, account, content, key));
  far->faults().next(fault);
  auto first = co_await connector.publish(context, account, frozen);
  auto found = co_await connector.find(context, account, frozen);
  auto second = co_await connector.publish(context, account, frozen);
  co_return Published3{std::move(first), std::move(found), std::move(second)};
}

io::Task<> mastodon_over_http() {
  const auto executor = co_await asio::this_coro::executor;
  const base::VirtualClock clock(key.created_at);
  const auto client =
      http::make_curl_client(executor, {.addresses = http::AddressPolicy::allow_all()});
  for (const auto fault : {Fault::drop_answer, Fault::fail_after, Fault::malformed_answer}) {
    MastodonDouble far(clock, MastodonDouble::Make::mastodon);
    // The routes live in the double; the server only borrows them.
    const std::shared_ptr<const http::Router> routes(std::shared_ptr<void>(), &far.routes());
    http::Server server(executor, {}, routes);
    server.start();
    const Context context{.http = client.get(), .clock = &clock};
    const auto steps = co_await three_steps(
        context, &far, "mastodon", fmt::format("http://127.0.0.1:{}", server.port()), fault);
    EXPECT_TRUE(std::holds_alternative<Unknown>(steps.first)) << to_string(fault);
    EXPECT_TRUE(std::holds_alternative<Published>(steps.found)) << to_string(fault);
    EXPECT_TRUE(std::holds_alternative<Published>(steps.second)) << to_string(fault);
    EXPECT_EQ(far.taken().size(), 1U);
    co_await server.stop(std::chrono::seconds(5));
  }
}

TEST(Sockets, MastodonKeepsOnePostWhenAnswersGetLost) { io::run(mastodon_over_http); }

io::Task<> closed_port() {
  const auto executor = co_await asio::this_coro::executor;
  const base::VirtualClock clock(key.created_at);
  const auto client =
      http::make_curl_client(executor, {.addresses = http::AddressPolicy::allow_all()});
  const Context context{.http = client.get(), .clock = &clock};
  // A port that was free a moment ago.
  asio::ip::tcp::acceptor probe(executor, {asio::ip::address_v4::loopback(), 0});
  const auto port = probe.local_endpoint().port();
  probe.close();
  const Account account{
      .id = base::AccountId::make(),
      .credentials = {{"url", fmt::format("http://127.0.0.1:{}/hook", port)}, {"secret", "s"}}};
  const Network& webhook = *by_id("webhook");
  const Content content{.parts = {{.text = "Hello"}}};
  const auto frozen = std::get<Frozen>(co_await webhook.prepare(context, account, content, key));
  EXPECT_TRUE(
      std::holds_alternative<RetryLater>(co_await webhook.publish(context, account, frozen)));
}

TEST(Sockets, ARefusedConnectionIsCertainlyNotSent) { io::run(closed_port); }

io::Task<> nostr_over_websockets() {
  const auto executor = co_await asio::this_coro::executor;
  const base::VirtualClock clock(key.created_at);
  const auto websockets = http::make_websocket_connector(http::AddressPolicy::allow_all(), "test");
  const Context context{.websockets = websockets.get(), .clock = &clock};
  for (const auto fault :
       {Fault::none, Fault::drop_answer, Fault::malformed_answer, Fault::expire_token}) {
    RelayDouble far(clock);
    RelayServer server(executor, far, 0);
    server.start();
    const auto steps = co_await three_steps(context, &far, "nostr", server.url(), fault);
    const bool lost = fault == Fault::drop_answer || fault == Fault::malformed_answer;
    EXPECT_EQ(std::holds_alternative<Unknown>(steps.first), lost) << to_string(fault);
    EXPECT_TRUE(std::holds_alternative<Published>(steps.found)) << to_string(fault);
    EXPECT_TRUE(std::holds_alternative<Published>(steps.second)) << to_string(fault);
    EXPECT_EQ(far.taken().size(), 1U);
    co_await server.stop();
  }
}

TEST(Sockets, RelaysKeepOneEventWhenAnswersGetLost) { io::run(nostr_over_websockets); }

}  // namespace
}  // namespace networks::doubles
