// A worker that was stopped past its lease and goes on: nothing of it leaves, and nothing of it is
// written, whoever has the target by then.
#include "publishing/leased_doors.h"
#include "publishing/world.h"

#include <gmock/gmock.h>

namespace publishing::testing {
namespace {

using ::testing::HasSubstr;

// A connection that takes as long as a test wants; then its first byte asks whether it may leave.
class SlowWire final : public http::Client {
 public:
  SlowWire(io::Executor executor, Receiver& receiver) : stands(executor), receiver_(receiver) {}

  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest request) override {
    ++connecting;
    co_await stands.wait();
    if (request.may_begin && !request.may_begin()) {
      ++held_back;
      co_return std::unexpected(
          http::TransportError{http::TransportError::Sent::not_sent, "held_back", "held back"});
    }
    receiver_.posts.push_back(request.body);
    co_return http::ClientResponse{.status = 200};
  }

  io::Event stands;
  int connecting = 0;
  int held_back = 0;

 private:
  Receiver& receiver_;
};

// Speaks over the wire, as a real connector does.
class WiredNetwork final : public networks::Network {
 public:
  explicit WiredNetwork(RetryClass retry) {
    about_ = {.id = "scripted", .label = "Scripted", .retry = retry, .limits = {}, .settings = {}};
  }
  const networks::About& about() const override { return about_; }
  io::Task<base::Result<networks::Identity>> connect(networks::Context,
                                                     json::object) const override {
    co_return networks::Identity{};
  }
  io::Task<Health> test(networks::Context, networks::Account) const override { co_return Health{}; }
  io::Task<networks::Prepared> prepare(networks::Context, networks::Account, networks::Content,
                                       networks::Key key) const override {
    co_return networks::Frozen{json::serialize(json::object{{"key", key.value}})};
  }
  io::Task<networks::Outcome> publish(networks::Context context, networks::Account,
                                      networks::Frozen frozen) const override {
    const std::string key = base::text_at(json::parse(frozen.payload), "/key");
    const auto answer = co_await context.http->send({.method = "POST", .body = key});
    if (answer) co_return networks::Published{.remote_id = key};
    if (answer.error().sent == http::TransportError::Sent::not_sent) {
      co_return networks::RetryLater{.reason = answer.error().message};
    }
    co_return networks::Unknown{answer.error().message};
  }
  io::Task<networks::Found> find(networks::Context, networks::Account,
                                 networks::Frozen) const override {
    co_return networks::NotThere{};
  }

 private:
  networks::About about_;
};

struct WiredProcess {
  WiredProcess(World& world, RetryClass retry)
      : wire(world.executor, world.receiver), network(retry), process(world, retry) {
    WorkerDoors doors = process.doors();
    doors.networks = [this](std::string_view) { return &network; };
    doors.context.http = &wire;
    WorkerSettings settings;
    settings.owner = base::make_uuid7();
    settings.lead = 0ms;
    settings.publish_max = 24h;  // a stopped process has no time-outs either
    worker = std::make_unique<Worker>(world.executor, std::move(doors), settings);
  }

  SlowWire wire;
  WiredNetwork network;
  Process process;
  std::unique_ptr<Worker> worker;
};

class LeaseTest : public WorldTest {};
INSTANTIATE_TEST_SUITE_P(Databases, LeaseTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

io::Task<> until_connecting(const SlowWire& wire) {
  while (wire.connecting == 0) co_await io::yield();
}

// Stopped while it connected; nobody has taken its target yet.
io::Task<> stopped_and_alone(World& world, RetryClass retry) {
  auto post = co_await world.post({.due = world.clock.now()});
  WiredProcess stopped(world, retry);
  auto wake = [](World& home, WiredProcess& process) -> io::Task<> {
    co_await until_connecting(process.wire);
    home.clock.advance(10min);
    process.wire.stands.notify();
  };
  co_await (stopped.worker->publish_due() && wake(world, stopped));
  EXPECT_EQ(stopped.wire.held_back, 1);
  EXPECT_TRUE(world.receiver.posts.empty());
  // Certain that nothing was sent: put back, and no try is counted.
  auto row = co_await world.row(post.targets[0]);
  EXPECT_EQ(row["state"].text(), "scheduled");
  EXPECT_EQ(row["uncertain_count"].integer(), 0);
  EXPECT_EQ(row["retry_count"].integer(), 0);
  EXPECT_EQ((co_await world.story(post.post)).back(), "withdrawn");
  stopped.wire.stands.notify();
  co_await stopped.worker->publish_due();
  EXPECT_EQ(co_await world.state(post.targets[0]), S::published);
  EXPECT_EQ(world.receiver.posts.size(), 1u);
  world.receiver.posts.clear();
  co_await stopped.worker->stop(0ms);
  co_await stopped.process.worker->stop(0ms);
}

TEST_P(LeaseTest, AWorkerThatWasStoppedPastItsLeaseSendsNothing) {
  run([](World& world) -> io::Task<> {
    for (RetryClass retry :
         {RetryClass::safe_by_key, RetryClass::safe_by_lookup, RetryClass::blind}) {
      co_await stopped_and_alone(world, retry);
    }
  });
}

// Stopped while it connected; another one has swept, looked up and sent meanwhile.
TEST_P(LeaseTest, AWorkerThatWasStoppedNeitherSendsNorWritesWhatAnotherHasDone) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    WiredProcess stopped(world, RetryClass::safe_by_lookup);
    auto meanwhile = [](World& home, WiredProcess& process, World::Made made) -> io::Task<> {
      co_await until_connecting(process.wire);
      home.clock.advance(10min);
      WiredProcess other(home, RetryClass::safe_by_lookup);
      co_await other.worker->sweep();
      EXPECT_EQ(co_await home.state(made.targets[0]), S::unknown);
      for (int i = 0; i < 8; ++i) {
        co_await other.worker->reconcile_due();
        other.wire.stands.notify();
        co_await other.worker->publish_due();
        home.clock.advance(20s);
      }
      EXPECT_EQ(co_await home.state(made.targets[0]), S::published);
      EXPECT_EQ(home.receiver.posts.size(), 1u);
      process.wire.stands.notify();
      co_await other.worker->stop(0ms);
      co_await other.process.worker->stop(0ms);
    };
    co_await (stopped.worker->publish_due() && meanwhile(world, stopped, post));
    EXPECT_EQ(stopped.wire.held_back, 1);
    EXPECT_EQ(world.receiver.posts.size(), 1u);
    auto row = co_await world.row(post.targets[0]);
    EXPECT_EQ(row["state"].text(), "published");
    EXPECT_EQ(row["attempt_count"].integer(), 2);
    co_await stopped.worker->stop(0ms);
    co_await stopped.process.worker->stop(0ms);
  });
}

class OpenSockets final : public http::WebSocketConnector {
 public:
  class Socket final : public http::WebSocket {
   public:
    explicit Socket(int& sent) : sent_(sent) {}
    io::Task<std::optional<std::string>> receive() override { co_return std::nullopt; }
    io::Task<> send(std::string) override {
      ++sent_;
      co_return;
    }
    io::Task<> close() override { co_return; }

   private:
    int& sent_;
  };
  io::Task<std::expected<std::unique_ptr<http::WebSocket>, http::TransportError>> connect(
      http::WebSocketOptions) override {
    ++connected;
    co_return std::make_unique<Socket>(sent);
  }
  int connected = 0;
  int sent = 0;
};

TEST(LeasedDoors, WebSocketsCloseWithTheLease) {
  io::run([]() -> io::Task<> {
    OpenSockets real;
    bool held = true;
    LeasedDoors doors({.websockets = &real}, [&held] { return held; });
    auto socket = co_await doors.context.websockets->connect({.url = "ws://127.0.0.1/"});
    EXPECT_TRUE(socket.has_value());
    co_await (*socket)->send("one");
    held = false;
    std::string refusal;
    try {
      co_await (*socket)->send("two");
    } catch (const base::Unavailable& error) {
      refusal = error.what();
    }
    EXPECT_THAT(refusal, HasSubstr("held up"));
    EXPECT_EQ(real.sent, 1);
    auto late = co_await doors.context.websockets->connect({.url = "ws://127.0.0.1/"});
    EXPECT_EQ(late.error().sent, http::TransportError::Sent::not_sent);
    EXPECT_EQ(real.connected, 1);
  });
}

TEST_P(LeaseTest, AChangeDoesNotTakeBackALeaseThatWasRenewedMeanwhile) {
  run([](World& world) -> io::Task<> {
    auto post = co_await world.post({});
    Store store(world.database, world.clock, "one");
    auto works = co_await store.claim(noon, noon + 1min, 10);
    const base::Instant renewed = noon + 2min;
    co_await store.renew({post.targets[0]}, renewed);
    Change change{.work = works.at(0),
                  .next = *step(S::claimed, event::AttemptCommitted{}, {.now = noon}),
                  .attempt = NewAttempt{base::AttemptId::make(), "{}", noon},
                  .lease_until = noon + 1min};
    EXPECT_TRUE((co_await store.apply({change})).at(0));
    auto row = co_await world.row(post.targets[0]);
    EXPECT_EQ(row["lease_until"].instant(), renewed);
  });
}

}  // namespace
}  // namespace publishing::testing
