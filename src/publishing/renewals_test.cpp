// Credentials are renewed ahead of their end, by one worker, and never lost.
#include "publishing/renewals.h"

#include "db/testing.h"
#include "jobs/leases.h"
#include "publishing/testing.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace publishing::testing {
namespace {

using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;
using ::testing::HasSubstr;
namespace networks = ::networks;

const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:00:00Z");

// Tokens that end when they say, and a grant that a test takes away.
class GrantingNetwork final : public networks::Network {
 public:
  GrantingNetwork(const base::Clock& clock, io::Executor executor)
      : answered(executor), clock_(clock) {
    about_ = {.id = "granting", .label = "Granting", .limits = {}, .settings = {}};
  }

  enum class Answer { well, down, revoked, empty, throws };
  mutable std::deque<Answer> script;  // empty: well
  mutable int renewals = 0;
  bool slow = false;  // until `answered`
  io::Event answered;

  const networks::About& about() const override { return about_; }
  io::Task<base::Result<networks::Identity>> connect(networks::Context,
                                                     json::object) const override {
    co_return networks::Identity{};
  }
  io::Task<Health> test(networks::Context, networks::Account) const override { co_return Health{}; }
  io::Task<networks::Prepared> prepare(networks::Context, networks::Account, networks::Content,
                                       networks::Key) const override {
    co_return networks::Rejected{};
  }
  io::Task<networks::Outcome> publish(networks::Context, networks::Account,
                                      networks::Frozen) const override {
    co_return networks::Rejected{};
  }
  io::Task<networks::Found> find(networks::Context, networks::Account,
                                 networks::Frozen) const override {
    co_return networks::NotThere{};
  }
  std::optional<base::Instant> renew_at(const networks::Account& account) const override {
    const json::value* ends = account.credentials.if_contains("ends");
    if (ends == nullptr) return std::nullopt;
    return base::from_micros(ends->to_number<std::int64_t>()) - 10min;
  }
  io::Task<networks::Renewal> renew(networks::Context context,
                                    networks::Account account) const override {
    if (context.http != nullptr) {
      const auto sent = co_await context.http->send({.method = "POST"});
      if (!sent) co_return networks::RetryLater{.reason = sent.error().message};
    }
    const int number = ++renewals;
    if (slow) co_await const_cast<io::Event&>(answered).wait();
    Answer answer = Answer::well;
    if (!script.empty()) {
      answer = script.front();
      script.pop_front();
    }
    if (answer == Answer::throws) throw std::runtime_error("a bug in the connector");
    if (answer == Answer::down) co_return networks::RetryLater{.reason = "it is down"};
    if (answer == Answer::revoked) co_return networks::AccountBroken{"the grant was revoked"};
    if (answer == Answer::empty) co_return networks::Renewed{};
    co_return networks::Renewed{{{"token", "token-" + std::to_string(number)},
                                 {"refresh", ""},  // not given again: the old one stays
                                 {"ends", base::to_micros(clock_.now() + 1h)}}};
  }

 private:
  const base::Clock& clock_;
  networks::About about_;
};

struct World {
  World(io::Executor loop, db::Database& real)
      : executor(loop),
        database(real),
        vault(*base::Vault::parse(base::Vault::make_key())),
        accounts(database, clock, vault),
        network(clock, executor) {}

  io::Task<> begin() {
    clock.set(noon);
    co_await database.execute(
        "INSERT INTO workspaces (id, name, time_zone, created_at, updated_at) VALUES ($1, 'w',"
        " 'UTC', 0, 0)",
        {workspace});
    co_await connect(noon + 1h);
  }
  io::Task<> connect(base::Instant ends) {
    auto made = co_await accounts.connect(
        workspace, "granting",
        {.remote_id = "1",
         .handle = "@one",
         .credentials = {
             {"token", "first"}, {"refresh", "keep"}, {"ends", base::to_micros(ends)}}});
    account = made->id;
  }
  io::Task<std::string> credential(std::string name) {
    co_return base::text_at(json::value((co_await accounts.open(account))->credentials),
                            "/" + name);
  }
  io::Task<db::Row> row() {
    co_return (co_await database.execute("SELECT * FROM accounts WHERE id = $1", {account}))[0];
  }

  io::Executor executor;
  db::Database& database;
  base::VirtualClock clock{noon};
  base::Vault vault;
  accounts::Accounts accounts;
  GrantingNetwork network;
  const base::WorkspaceId workspace = base::WorkspaceId::make();
  base::AccountId account;
};

// A connection that stands when a test says so; then its first byte asks whether it may leave.
class SlowWire final : public http::Client {
 public:
  explicit SlowWire(io::Executor executor) : stands(std::move(executor)) {}
  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest request) override {
    ++connecting;
    co_await stands.wait();
    if (request.may_begin && !request.may_begin()) {
      ++held_back;
      co_return std::unexpected(
          http::TransportError{http::TransportError::Sent::not_sent, "held_back", "held back"});
    }
    co_return http::ClientResponse{.status = 200};
  }
  io::Event stands;
  int connecting = 0;
  int held_back = 0;
};

// The renewing part of one worker.
struct Renewer {
  Renewer(World& world, std::string name, http::Client* wire = nullptr)
      : leases(world.database, world.clock, std::move(name)),
        renewals(world.executor,
                 {.accounts = &world.accounts,
                  .leases = &leases,
                  .networks = [&world](std::string_view id) -> const networks::Network* {
                    return id == "granting" ? &world.network : nullptr;
                  },
                  .context = {.http = wire},
                  .clock = &world.clock,
                  .chance = [] { return 0.5; }}) {}
  jobs::Leases leases;
  Renewals renewals;
};

class RenewalsTest : public ::testing::TestWithParam<db::Dialect> {
 protected:
  void run(io::Task<> (*body)(World&)) {
    database_.run([body](db::Database& database) { return in_world(database, body); });
  }
  static io::Task<> in_world(db::Database& database, io::Task<> (*body)(World&)) {
    World world(co_await asio::this_coro::executor, database);
    co_await world.begin();
    co_await body(world);
  }
  db::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Databases, RenewalsTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(RenewalsTest, RenewsAheadOfTheEndAndPlansTheNext) {
  run([](World& world) -> io::Task<> {
    Renewer worker(world, "one");
    // Connected: looked at once, and planned somewhat before the network wants it.
    co_await worker.renewals.renew_due();
    EXPECT_EQ(world.network.renewals, 0);
    auto row = co_await world.row();
    EXPECT_EQ(row["renew_due_at"].instant(), noon + 50min);
    EXPECT_EQ(row["renew_at"].instant(), noon + 50min - 150s);
    EXPECT_EQ(co_await worker.renewals.renew_due(), 0u);
    world.clock.advance(48min);
    co_await worker.renewals.renew_due();
    EXPECT_EQ(world.network.renewals, 1);
    EXPECT_EQ(co_await world.credential("token"), "token-1");
    EXPECT_EQ(co_await world.credential("refresh"), "keep");
    co_await worker.renewals.renew_due();
    row = co_await world.row();
    EXPECT_EQ(row["renew_due_at"].instant(), world.clock.now() + 50min);
    EXPECT_EQ(world.network.renewals, 1);
  });
}

TEST_P(RenewalsTest, WhatDoesNotRunOutIsLeftAlone) {
  run([](World& world) -> io::Task<> {
    auto made = co_await world.accounts.connect(
        world.workspace, "granting",
        {.remote_id = "2", .handle = "@two", .credentials = {{"token", "for ever"}}});
    Renewer worker(world, "one");
    EXPECT_EQ(co_await worker.renewals.renew_due(), 2u);
    auto rows =
        co_await world.database.execute("SELECT renew_at FROM accounts WHERE id = $1", {made->id});
    EXPECT_TRUE(rows[0][0].is_null());
    EXPECT_EQ(world.network.renewals, 0);
  });
}

TEST_P(RenewalsTest, ANetworkThatIsDownIsTriedAgainAndBreaksNothing) {
  run([](World& world) -> io::Task<> {
    using Answer = GrantingNetwork::Answer;
    Renewer worker(world, "one");
    world.clock.advance(55min);
    world.network.script = {Answer::down, Answer::throws, Answer::empty};
    for (int failures = 1; failures <= 3; ++failures) {
      co_await worker.renewals.renew_due();
      auto row = co_await world.row();
      EXPECT_EQ(row["renew_failures"].integer(), failures);
      EXPECT_EQ(row["state"].text(), "connected");
      EXPECT_GT(row["renew_at"].instant(), world.clock.now());
      EXPECT_EQ(co_await worker.renewals.renew_due(), 0u);  // not before the pause is over
      EXPECT_EQ(co_await world.credential("token"), "first");
      world.clock.advance(5min);
    }
    co_await worker.renewals.renew_due();
    EXPECT_EQ(co_await world.credential("token"), "token-4");
    EXPECT_EQ((co_await world.row())["renew_failures"].integer(), 0);
  });
}

TEST_P(RenewalsTest, ARevokedGrantAsksForAPerson) {
  run([](World& world) -> io::Task<> {
    Renewer worker(world, "one");
    world.clock.advance(55min);
    world.network.script = {GrantingNetwork::Answer::revoked};
    co_await worker.renewals.renew_due();
    auto row = co_await world.row();
    EXPECT_EQ(row["state"].text(), "broken");
    EXPECT_THAT(row["state_reason"].text(), HasSubstr("revoked"));
    EXPECT_EQ(co_await world.credential("refresh"), "keep");
    world.clock.advance(1h);
    EXPECT_EQ(co_await worker.renewals.renew_due(), 0u);
    // Connected again, it is looked at again.
    co_await world.connect(world.clock.now() + 1h);
    EXPECT_EQ(co_await worker.renewals.renew_due(), 1u);
  });
}

TEST_P(RenewalsTest, OneWorkerAtATime) {
  run([](World& world) -> io::Task<> {
    world.clock.advance(55min);
    world.network.slow = true;
    Renewer one(world, "one");
    Renewer two(world, "two");
    auto meanwhile = [](World& home, Renewer& second) -> io::Task<> {
      while (home.network.renewals == 0) co_await io::yield();
      const auto version = (co_await home.row())["version"].integer();
      co_await second.renewals.renew_due();
      EXPECT_EQ(home.network.renewals, 1);
      // A refusal of the old token says nothing now.
      EXPECT_TRUE(co_await home.accounts.renewed_since(home.account, version));
      home.network.answered.notify();
    };
    const auto before = (co_await world.row())["version"].integer();
    EXPECT_FALSE(co_await world.accounts.renewed_since(world.account, before));
    co_await (one.renewals.renew_due() && meanwhile(world, two));
    EXPECT_EQ(co_await world.credential("token"), "token-1");
    EXPECT_TRUE(co_await world.accounts.renewed_since(world.account, before));
    const auto after = (co_await world.row())["version"].integer();
    EXPECT_FALSE(co_await world.accounts.renewed_since(world.account, after));
  });
}

TEST_P(RenewalsTest, WhatWasSavedMeanwhileIsNotLost) {
  run([](World& world) -> io::Task<> {
    world.clock.advance(55min);
    world.network.slow = true;
    Renewer worker(world, "one");
    auto meanwhile = [](World& home) -> io::Task<> {
      while (home.network.renewals == 0) co_await io::yield();
      co_await home.accounts.save(home.account, {{"session", "saved on the way"}});
      home.network.answered.notify();
    };
    co_await (worker.renewals.renew_due() && meanwhile(world));
    EXPECT_EQ(co_await world.credential("session"), "saved on the way");
    EXPECT_EQ(co_await world.credential("token"), "token-1");
  });
}

// A person connects the account again while its old grant is being renewed: the new one stays, and
// the refusal of the old one does not break it.
TEST_P(RenewalsTest, ANewGrantIsNotTouchedByTheOldOne) {
  run([](World& world) -> io::Task<> {
    Renewer worker(world, "one");
    auto meanwhile = [](World& home) -> io::Task<> {
      const int before = home.network.renewals;
      while (home.network.renewals == before) co_await io::yield();
      auto again = co_await home.accounts.connect(
          home.workspace, "granting",
          {.remote_id = "1",
           .handle = "@one",
           .credentials = {{"token", "new grant"},
                           {"refresh", "new"},
                           {"ends", base::to_micros(home.clock.now() + 2h)}}});
      EXPECT_TRUE(again.has_value());
      home.network.answered.notify();
    };
    for (auto answer : {GrantingNetwork::Answer::well, GrantingNetwork::Answer::revoked}) {
      world.network.slow = true;
      world.network.script = {answer};
      co_await world.accounts.save(
          world.account,
          {{"token", "old"}, {"refresh", "old"}, {"ends", base::to_micros(world.clock.now())}});
      co_await (worker.renewals.renew_due() && meanwhile(world));
      EXPECT_EQ(co_await world.credential("token"), "new grant");
      EXPECT_EQ(co_await world.credential("refresh"), "new");
      EXPECT_EQ((co_await world.row())["state"].text(), "connected");
      world.clock.advance(1min);
    }
  });
}

// A refresh token that works once: turned over by a worker that was stopped past its lease, it
// would take the account away from the one that has renewed it meanwhile.
TEST_P(RenewalsTest, AWorkerThatWasStoppedPastItsLeaseRenewsNothing) {
  run([](World& world) -> io::Task<> {
    world.clock.advance(55min);
    SlowWire wire(world.executor);
    Renewer stopped(world, "stopped", &wire);
    auto meanwhile = [](World& home, SlowWire& frozen) -> io::Task<> {
      while (frozen.connecting == 0) co_await io::yield();
      home.clock.advance(Renewals::lease_max - 1s);
      Renewer other(home, "other");
      co_await other.renewals.renew_due();
      EXPECT_EQ(home.network.renewals, 0) << "the lease still holds";
      home.clock.advance(2s);
      co_await other.renewals.renew_due();
      EXPECT_EQ(home.network.renewals, 1);
      frozen.stands.notify();
    };
    co_await (stopped.renewals.renew_due() && meanwhile(world, wire));
    EXPECT_EQ(wire.held_back, 1);
    EXPECT_EQ(world.network.renewals, 1);
    const auto row = co_await world.row();
    EXPECT_EQ(row["state"].text(), "connected");
    EXPECT_EQ(row["renew_failures"].integer(), 0);
    EXPECT_EQ(co_await world.credential("token"), "token-1");
    co_await stopped.renewals.stop();
  });
}

}  // namespace
}  // namespace publishing::testing
