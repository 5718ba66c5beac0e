#include "notices/notices.h"

#include "base/text.h"
#include "db/testing.h"
#include "notices/routes.h"
#include "notices/troubles.h"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace notices {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:00:00Z");

class ScriptedClient final : public http::Client {
 public:
  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest request) override {
    requests.push_back(std::move(request));
    http::ClientResponse answer{.status = 200};
    if (!statuses.empty()) {
      answer.status = statuses.front();
      statuses.pop_front();
    }
    co_return answer;
  }
  std::vector<http::ClientRequest> requests;
  std::deque<int> statuses;
};

class ScriptedMailer final : public Mailer {
 public:
  bool available() const override { return true; }
  io::Task<base::Result<void>> send(Mail mail) override {
    mails.push_back(std::move(mail));
    co_return base::Result<void>{};
  }
  std::vector<Mail> mails;
};

struct Home {
  explicit Home(db::Database& opened)
      : database(opened),
        queue(opened, clock, "worker"),
        notices({.database = opened,
                 .clock = clock,
                 .vault = vault,
                 .queue = queue,
                 .http = client,
                 .mailer = mailer,
                 .public_url = "https://our.example"}) {
    notices.handle();
  }
  io::Task<Channel> add(ChannelKind kind, std::string destination) {
    auto channel =
        co_await notices.channels().add(workspace, {.name = "Mine",
                                                    .kind = kind,
                                                    .destination = std::move(destination),
                                                    .about = {"rule", "account", "decision"}});
    co_return *channel;
  }
  io::Task<bool> tell(std::string key) {
    auto tx = co_await database.begin();
    const bool told = co_await notices.tell(*tx, workspace,
                                            {.about = "rule",
                                             .key = std::move(key),
                                             .title = "It rises",
                                             .body = "Look.",
                                             .link = "/trends/1"});
    co_await tx->commit();
    co_return told;
  }
  io::Task<std::string> state() {
    const auto rows = co_await database.execute("SELECT state FROM notice_deliveries");
    co_return rows.empty() ? "" : rows[0]["state"].text();
  }

  db::Database& database;
  base::VirtualClock clock{noon};
  base::Vault vault = *base::Vault::parse(base::Vault::make_key());
  jobs::Queue queue;
  ScriptedClient client;
  ScriptedMailer mailer;
  Notices notices;
  base::WorkspaceId workspace = base::WorkspaceId::make();
};

class NoticesTest : public ::testing::TestWithParam<db::Dialect> {
 protected:
  static io::Task<> at_home(db::Database& database, io::Task<> (*body)(Home&)) {
    Home home(database);
    co_await database.execute(
        "INSERT INTO workspaces (id, name, time_zone, created_at, updated_at)"
        " VALUES ($1, 'W', 'UTC', 0, 0)",
        {home.workspace});
    co_await body(home);
  }
  void run(io::Task<> (*body)(Home&)) {
    database_.run([body](db::Database& database) { return at_home(database, body); });
  }
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, NoticesTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(NoticesTest, AWebhookIsSignedAndToldOnce) {
  run([](Home& home) -> io::Task<> {
    const Channel channel = co_await home.add(ChannelKind::webhook, "https://a.example/hook");
    EXPECT_TRUE(co_await home.tell("story"));
    EXPECT_FALSE(co_await home.tell("story")) << "the same once more";
    co_await home.queue.run_due();
    EXPECT_EQ(home.client.requests.size(), 1U);
    const http::ClientRequest& sent = home.client.requests.at(0);
    const std::string timestamp(sent.headers.get("X-SocialTrend-Timestamp"));
    EXPECT_EQ(sent.headers.get("X-SocialTrend-Signature"),
              "sha256=" +
                  base::hex(base::hmac_sha256(channel.input.secret, timestamp + "." + sent.body)));
    EXPECT_EQ(base::text_at(*base::parse_json(sent.body), "/url"), "https://our.example/trends/1");
    EXPECT_EQ(co_await home.state(), "delivered");
    const auto stored = co_await home.database.execute("SELECT secret FROM notice_channels");
    EXPECT_EQ(stored[0]["secret"].text().find(channel.input.secret), std::string::npos);
  });
}

TEST_P(NoticesTest, AReceiverThatIsDownIsTriedAgainAndOneThatIsGoneIsNot) {
  run([](Home& home) -> io::Task<> {
    const Channel channel = co_await home.add(ChannelKind::webhook, "https://a.example/hook");
    home.client.statuses = {503, 410};
    co_await home.tell("story");
    co_await home.queue.run_due();
    EXPECT_EQ(co_await home.state(), "waiting");
    home.clock.advance(1h);
    co_await home.queue.run_due();
    EXPECT_EQ(co_await home.state(), "failed");
    EXPECT_FALSE((co_await home.notices.channels().find(channel.id))->input.enabled);
    home.clock.advance(24h);
    co_await home.queue.run_due();
    EXPECT_EQ(home.client.requests.size(), 2U);
  });
}

TEST_P(NoticesTest, AnAddressGetsABoundedNumberAnHourAndCanEndThem) {
  run([](Home& home) -> io::Task<> {
    const Channel channel = co_await home.add(ChannelKind::email, "a@b.example");
    for (int n = 0; n < 30; ++n) co_await home.tell(std::to_string(n));
    while (co_await home.queue.run_due() > 0) continue;
    EXPECT_EQ(static_cast<std::int64_t>(home.mailer.mails.size()), Notices::mails_per_hour_max);
    EXPECT_THAT(home.mailer.mails[0].unsubscribe, HasSubstr(channel.unsubscribe_token));
    http::Router router;
    bind(router, home.notices);
    const std::string path = "/api/notices/unsubscribe/" + channel.unsubscribe_token;
    for (const auto* method : {"GET", "POST"}) {
      EXPECT_TRUE((co_await home.notices.channels().find(channel.id))->input.enabled);
      auto answer = co_await router.handle({.method = method, .target = path, .path = path});
      EXPECT_EQ(answer.status, 200);
    }
    EXPECT_FALSE((co_await home.notices.channels().find(channel.id))->input.enabled);
    home.clock.advance(2h);
    co_await home.tell("later");
    EXPECT_EQ(co_await home.queue.run_due(), 0U);
  });
}

io::Task<> tell_of_troubles(Home& home) {
  auto executor = co_await asio::this_coro::executor;
  jobs::Leases leases(home.database, home.clock, "worker");
  Troubles troubles(executor, home.database, leases, home.notices);
  co_await home.database.execute(
      "INSERT INTO accounts (id, workspace_id, network, remote_id, handle, display_name, url,"
      " avatar_url, state, state_reason, details, credentials, created_at, updated_at, check_at)"
      " VALUES ('acc', $1, 'mastodon', 'r', '@ada', '', '', '', 'broken', 'Revoked.', '{}', '', 0,"
      " 0, 0)",
      {home.workspace});
  EXPECT_EQ(co_await troubles.turn(), 1U);
  EXPECT_EQ(co_await troubles.turn(), 0U);
  co_await home.database.execute("UPDATE accounts SET version = version + 1");
  EXPECT_EQ(co_await troubles.turn(), 1U) << "broken again after it was connected again";
  const auto told = co_await home.notices.list(home.workspace, 10);
  EXPECT_EQ(told.size(), 2U);
  EXPECT_THAT(told.at(0).notice.title, HasSubstr("@ada"));
}

TEST_P(NoticesTest, ABrokenAccountIsToldOnce) {
  run([](Home& home) -> io::Task<> { return tell_of_troubles(home); });
}

TEST(Channels, AreCheckedByKind) {
  const auto trouble = [](std::string_view body) {
    const auto read = read_channel(*base::parse_json(body));
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(trouble(R"({"name":"a","kind":"email","destination":"a@b.example","about":[]})"), "");
  EXPECT_THAT(trouble(R"({"name":"a","kind":"email","destination":"a b","about":[]})"),
              HasSubstr("destination"));
  EXPECT_THAT(trouble(R"({"name":"a","kind":"webhook","destination":"ftp://a/","about":[]})"),
              HasSubstr("destination"));
  EXPECT_THAT(trouble(R"({"name":"a","kind":"webhook","destination":"https://a/","about":["x"]})"),
              HasSubstr("about"));
}

}  // namespace
}  // namespace notices
