// The connectors against a real PDS, a real relay and a real WordPress: TEST_BLUESKY_URL and
// TEST_NOSTR_URL name them (tests/servers starts both), TEST_WORDPRESS_URL and
// TEST_WORDPRESS_LOGIN ("user:application password") the site; without one its tests are skipped.
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "http/curl_client.h"
#include "networks/answer.h"
#include "networks/bluesky/dag_cbor.h"
#include "networks/fields.h"
#include "networks/nostr/event.h"
#include "networks/testing.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

namespace networks {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Context make_context(http::Client* http, http::WebSocketConnector* websockets,
                     CredentialStore* credentials, const base::Clock* clock) {
  return {.http = http, .websockets = websockets, .credentials = credentials, .clock = clock};
}

struct Doors {
  base::SystemClock clock;
  testing::MemoryCredentials credentials;
  std::unique_ptr<http::Client> http;
  std::unique_ptr<http::WebSocketConnector> websockets;

  explicit Doors(io::Executor executor)
      : http(http::make_curl_client(std::move(executor),
                                    {.addresses = http::AddressPolicy::allow_all()})),
        websockets(http::make_websocket_connector(http::AddressPolicy::allow_all(), "test")) {}
  Context context() { return make_context(http.get(), websockets.get(), &credentials, &clock); }
};

Account account_of(std::string network, const Identity& identity) {
  return {.id = base::AccountId::make(),
          .network = std::move(network),
          .remote_id = identity.remote_id,
          .handle = identity.handle,
          .credentials = identity.credentials,
          .details = identity.details};
}

io::Task<json::object> ask(Doors* doors, std::string method, std::string url, json::object body,
                           std::string token) {
  http::ClientRequest request{.method = method, .url = std::move(url)};
  if (method == "POST") {
    request.body = json::serialize(body);
    request.headers.set("Content-Type", "application/json");
  }
  if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
  const auto answer = co_await doors->http->send(std::move(request));
  if (!answer) throw std::runtime_error(answer.error().message);
  auto value = base::parse_json(answer->body);
  if (!value || !value->is_object()) throw std::runtime_error("no JSON object: " + answer->body);
  co_return std::move(value->get_object());
}

// A new person on the PDS, with an app password.
io::Task<json::object> sign_up(Doors* doors, std::string url) {
  const std::string handle = "t" + base::hex(base::random_bytes(5)) + ".test";
  const auto made = co_await ask(
      doors, "POST", url + "/xrpc/com.atproto.server.createAccount",
      {{"handle", handle}, {"email", handle + "@x.test"}, {"password", "a long password"}}, "");
  const auto app = co_await ask(doors, "POST", url + "/xrpc/com.atproto.server.createAppPassword",
                                {{"name", "social"}}, text_field(made, "accessJwt"));
  co_return json::object{
      {"service", url}, {"identifier", handle}, {"app_password", text_field(app, "password")}};
}

io::Task<std::size_t> records_of(Doors* doors, std::string url, std::string did) {
  const auto list = co_await ask(
      doors, "GET",
      url + "/xrpc/com.atproto.repo.listRecords?collection=app.bsky.feed.post&repo=" + did, {}, "");
  const auto* records = array_field(list, "records");
  co_return records == nullptr ? 0 : records->size();
}

// A 1x1 PNG.
std::string picture() {
  return base::from_base64(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+"
      "M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
}

io::Task<> publish_on_bluesky(std::string url) {
  Doors doors(co_await asio::this_coro::executor);
  const Network& bluesky = *by_id("bluesky");
  const auto settings = co_await sign_up(&doors, url);
  const auto identity = co_await bluesky.connect(doors.context(), settings);
  if (!identity) throw std::runtime_error(identity.error().message);
  const Account account = account_of("bluesky", *identity);
  const Content single{.parts = {{.text = "Grüße @" + account.handle +
                                          " 👩‍👩‍👧 https://example.org/ä #Köln",
                                  .media = {{.content_type = "image/png",
                                             .bytes = picture(),
                                             .alt_text = "A dot",
                                             .width = 1,
                                             .height = 1}}}},
                       .language = "de"};
  const Key key{base::hex(base::random_bytes(16)), doors.clock.now()};
  const auto frozen =
      std::get<Frozen>(co_await bluesky.prepare(doors.context(), account, single, key));
  const auto before = co_await bluesky.find(doors.context(), account, frozen);
  EXPECT_TRUE(std::holds_alternative<NotThere>(before));
  for (int time = 0; time < 2; ++time) {
    const auto outcome = co_await bluesky.publish(doors.context(), account, frozen);
    if (!std::holds_alternative<Published>(outcome)) throw std::runtime_error("not published");
    // The PDS names the record as we did before it had it.
    EXPECT_EQ(text_field(std::get<Published>(outcome).reference, "cid"),
              base::text_at(json::parse(frozen.payload), "/writes/0/cid"));
  }
  EXPECT_EQ(co_await records_of(&doors, url, account.remote_id), 1U);

  const Content thread{.parts = {{.text = "one"}, {.text = "two #tag"}, {.text = "three"}}};
  const Key second{base::hex(base::random_bytes(16)), doors.clock.now()};
  const auto parts =
      std::get<Frozen>(co_await bluesky.prepare(doors.context(), account, thread, second));
  EXPECT_TRUE(
      std::holds_alternative<Published>(co_await bluesky.publish(doors.context(), account, parts)));
  EXPECT_TRUE(
      std::holds_alternative<Unknown>(co_await bluesky.publish(doors.context(), account, parts)));
  const auto found = co_await bluesky.find(doors.context(), account, parts);
  if (!std::holds_alternative<Published>(found)) throw std::runtime_error("thread not found");
  // The last part's address on the PDS is the one that was computed here, and so are those of the
  // parts it refers to.
  EXPECT_EQ(text_field(std::get<Published>(found).reference, "cid"),
            base::text_at(json::parse(parts.payload), "/writes/2/cid"));
  EXPECT_EQ(co_await records_of(&doors, url, account.remote_id), 4U);

  // A session that ran out on both sides of the account's memory.
  Account stale = account;
  stale.id = base::AccountId::make();
  stale.credentials["access_jwt"] = "no.longer.good";
  EXPECT_TRUE((co_await bluesky.test(doors.context(), stale)).ok);
  EXPECT_EQ(doors.credentials.saves, 1);
  const Key third{base::hex(base::random_bytes(16)), doors.clock.now()};
  const Content too_long{.parts = {{.text = std::string(301, 'x')}}};
  const auto refused =
      std::get<Frozen>(co_await bluesky.prepare(doors.context(), account, too_long, third));
  EXPECT_TRUE(std::holds_alternative<Rejected>(
      co_await bluesky.publish(doors.context(), account, refused)));
}

TEST(RealServers, BlueskyTakesWhatWeSendOnce) {
  const auto url = environment("TEST_BLUESKY_URL");
  if (url.empty()) GTEST_SKIP() << "TEST_BLUESKY_URL is not set: no real PDS to test against";
  io::run([&] { return publish_on_bluesky(url); });
}

io::Task<> publish_on_nostr(std::string url) {
  Doors doors(co_await asio::this_coro::executor);
  const Network& nostr = *by_id("nostr");
  const auto identity =
      co_await nostr.connect(doors.context(), {{"relays", json::array{url, "ws://127.0.0.1:9"}}});
  if (!identity) throw std::runtime_error(identity.error().message);
  const Account account = account_of("nostr", *identity);
  const Content content{.parts = {{.text = "Grüße \"you\" \\ 👋\n#Köln https://example.org"}}};
  const Key key{base::hex(base::random_bytes(16)), doors.clock.now()};
  const auto frozen =
      std::get<Frozen>(co_await nostr.prepare(doors.context(), account, content, key));
  // Another event: the relay remembers for a second what a look-up found.
  const Key never{base::hex(base::random_bytes(16)), doors.clock.now() - std::chrono::hours(1)};
  const auto unsent =
      std::get<Frozen>(co_await nostr.prepare(doors.context(), account, content, never));
  EXPECT_TRUE(
      std::holds_alternative<NotThere>(co_await nostr.find(doors.context(), account, unsent)));
  const auto first = co_await nostr.publish(doors.context(), account, frozen);
  const auto second = co_await nostr.publish(doors.context(), account, frozen);
  if (!std::holds_alternative<Published>(first) || !std::holds_alternative<Published>(second)) {
    throw std::runtime_error("not published");
  }
  EXPECT_EQ(std::get<Published>(first).remote_id, std::get<Published>(second).remote_id);
  EXPECT_TRUE(
      std::holds_alternative<Published>(co_await nostr.find(doors.context(), account, frozen)));
}

TEST(RealServers, NostrTakesWhatWeSendOnce) {
  const auto url = environment("TEST_NOSTR_URL");
  if (url.empty()) GTEST_SKIP() << "TEST_NOSTR_URL is not set: no real relay to test against";
  io::run([&] { return publish_on_nostr(url); });
}

// The raw text of a site's post, and its number of posts of that slug.
io::Task<std::vector<std::string>> articles_of(Doors* doors, Account account, std::string slug) {
  http::ClientRequest request{.url = text_field(account.credentials, "api") +
                                     "/wp/v2/posts?context=edit&status=any&search=" + slug};
  request.headers.set(
      "Authorization",
      "Basic " + base::base64(text_field(account.credentials, "username") + ":" +
                              text_field(account.credentials, "application_password")));
  const auto answer = co_await doors->http->send(std::move(request));
  if (!answer) throw std::runtime_error(answer.error().message);
  std::vector<std::string> contents;
  const auto list = base::parse_json(answer->body);
  if (!list || !list->is_array()) throw std::runtime_error("no list: " + answer->body);
  for (const auto& post : list->get_array())
    contents.push_back(base::text_at(post, "/content/raw"));
  co_return contents;
}

io::Task<> publish_on_wordpress(std::string url, std::string user, std::string password) {
  Doors doors(co_await asio::this_coro::executor);
  const Network& wordpress = *by_id("wordpress");
  json::object settings{{"site", url}, {"username", user}, {"application_password", "wrong"}};
  const auto refused = co_await wordpress.connect(doors.context(), settings);
  if (refused) throw std::runtime_error("a wrong password was let in");
  EXPECT_EQ(refused.error().fields.at(0).field, "application_password");
  settings["application_password"] = password;
  const auto identity = co_await wordpress.connect(doors.context(), settings);
  if (!identity) throw std::runtime_error(identity.error().message);
  const Account account = account_of("wordpress", *identity);
  EXPECT_TRUE((co_await wordpress.test(doors.context(), account)).ok);

  const Key key{base::hex(base::random_bytes(16)), doors.clock.now()};
  const Content content{.parts = {{.text = "Grüße " + key.value +
                                           "\n\n<b>not bold</b> & [gallery] 👩‍👩‍👧 "
                                           "https://example.org/?a=1&b=2",
                                   .media = {{.content_type = "image/png",
                                              .bytes = picture(),
                                              .alt_text = "A \"dot\" & more"}}}}};
  const auto frozen =
      std::get<Frozen>(co_await wordpress.prepare(doors.context(), account, content, key));
  EXPECT_TRUE(
      std::holds_alternative<NotThere>(co_await wordpress.find(doors.context(), account, frozen)));
  const auto outcome = co_await wordpress.publish(doors.context(), account, frozen);
  if (!std::holds_alternative<Published>(outcome)) throw std::runtime_error(reason_of(outcome));
  const auto found = co_await wordpress.find(doors.context(), account, frozen);
  if (!std::holds_alternative<Published>(found)) throw std::runtime_error("not found");
  EXPECT_EQ(std::get<Published>(found).remote_id, std::get<Published>(outcome).remote_id);
  EXPECT_EQ(std::get<Published>(found).url, std::get<Published>(outcome).url);

  const auto articles = co_await articles_of(&doors, account, key.value);
  if (articles.size() != 1) throw std::runtime_error("not exactly one article");
  EXPECT_NE(articles[0].find("&lt;b&gt;not bold&lt;/b&gt; &amp; &#91;gallery]"), std::string::npos)
      << articles[0];
  EXPECT_NE(articles[0].find("A &quot;dot&quot; &amp; more"), std::string::npos) << articles[0];

  const Content strange{
      .parts = {{.text = "x", .media = {{.content_type = "text/x-php", .bytes = "<?php"}}}}};
  const Key other{base::hex(base::random_bytes(16)), doors.clock.now()};
  EXPECT_TRUE(std::holds_alternative<Rejected>(
      co_await wordpress.prepare(doors.context(), account, strange, other)));
}

TEST(RealServers, WordPressTakesWhatWeSendOnce) {
  const auto url = environment("TEST_WORDPRESS_URL");
  const auto login = environment("TEST_WORDPRESS_LOGIN");
  if (url.empty()) GTEST_SKIP() << "TEST_WORDPRESS_URL is not set: no real site to test against";
  const auto colon = login.find(':');
  ASSERT_NE(colon, std::string::npos) << "TEST_WORDPRESS_LOGIN is user:password";
  io::run(
      [&] { return publish_on_wordpress(url, login.substr(0, colon), login.substr(colon + 1)); });
}

}  // namespace
}  // namespace networks
