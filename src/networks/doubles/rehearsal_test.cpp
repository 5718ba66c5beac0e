// The rehearsal on real ports, with the real clients.
#include "networks/doubles/rehearsal.h"

#include "base/json.h"
#include "base/text.h"
#include "http/curl_client.h"
#include "networks/doubles/received.h"
#include "networks/fields.h"

#include <gtest/gtest.h>

namespace networks::doubles {
namespace {

// A rehearsal on free ports, and what a connector needs to play along.
class Play {
 public:
  using Scene = std::function<io::Task<>(Play*)>;
  static void run(RehearsalOptions options, Scene scene) {
    io::run([&] { return act(std::move(options), std::move(scene)); });
  }

  Rehearsal& rehearsal() { return *rehearsal_; }
  Context context() const {
    return {.http = http_.get(), .websockets = websockets_.get(), .clock = &clock_};
  }

  io::Task<http::ClientResponse> ask(std::string method, std::string path, std::string body = {}) {
    http::ClientRequest request{
        .method = std::move(method), .url = rehearsal_->address() + path, .body = std::move(body)};
    request.headers.set("Content-Type", "application/json");
    auto answer = co_await http_->send(std::move(request));
    if (!answer) throw std::runtime_error(answer.error().message);
    co_return std::move(*answer);
  }

  // Connects an account with what the rehearsal says is to be filled in.
  io::Task<Account> connect(std::string name) {
    const auto about = rehearsal_->about();
    for (const auto& entry : about.at("networks").as_array()) {
      if (base::text_at(entry, "/name") != name) continue;
      const auto network = base::text_at(entry, "/network");
      const auto identity =
          co_await by_id(network)->connect(context(), entry.as_object().at("settings").as_object());
      if (!identity) throw std::runtime_error(name + ": " + identity.error().message);
      co_return Account{.id = base::AccountId::make(),
                        .network = network,
                        .remote_id = identity->remote_id,
                        .handle = identity->handle,
                        .credentials = identity->credentials,
                        .details = identity->details};
    }
    throw std::runtime_error("no " + name);
  }

  io::Task<Outcome> publish(Account account, std::string text, bool with_picture = false) {
    const auto& connector = *by_id(account.network);
    Content content{.parts = {{.text = text}}};
    if (with_picture) {
      content.parts[0].media.push_back({.content_type = connector.limits(account).media_types.at(0),
                                        .bytes = "x",
                                        .width = 400,
                                        .height = 300,
                                        .public_url = "https://us.test/picture"});
    }
    const Key key{base::hex(text + std::string(16, '.')).substr(0, 32), clock_.now()};
    const auto prepared = co_await connector.prepare(context(), account, content, key);
    const auto* frozen = std::get_if<Frozen>(&prepared);
    if (frozen == nullptr) throw std::runtime_error(account.network + " does not prepare");
    co_return co_await connector.publish(context(), account, *frozen);
  }

 private:
  static io::Task<> act(RehearsalOptions options, Scene scene) {
    const auto executor = co_await asio::this_coro::executor;
    options.port = 0;
    Play play;
    play.http_ = http::make_curl_client(executor, {.addresses = http::AddressPolicy::allow_all()});
    play.websockets_ =
        http::make_websocket_connector(http::AddressPolicy::allow_all(), "rehearsal test");
    auto made = Rehearsal::make(executor, std::move(options), play.clock_);
    if (!made) throw std::runtime_error(made.error().message);
    play.rehearsal_ = std::move(*made);
    play.rehearsal_->start();
    co_await scene(&play);
    co_await play.rehearsal_->stop();
  }

  const base::SystemClock clock_;
  std::unique_ptr<http::Client> http_;
  std::unique_ptr<http::WebSocketConnector> websockets_;
  std::unique_ptr<Rehearsal> rehearsal_;
};

io::Task<> every_kind(Play* play) {
  std::size_t served = 0;
  for (const auto& kind : kinds()) {
    if (kind.make == nullptr) continue;
    SCOPED_TRACE(kind.name);
    ++served;
    const auto account = co_await play->connect(kind.name);
    const auto outcome = co_await play->publish(account, "Hello, " + kind.name, kind.wants_picture);
    EXPECT_TRUE(std::holds_alternative<Published>(outcome)) << kind.name;
    const auto received = play->rehearsal().received(kind.name, 10);
    EXPECT_EQ(received.at("accepted").to_number<int>(), 1) << kind.name;
  }
  const auto all = base::parse_json((co_await play->ask("GET", "/received")).body);
  EXPECT_EQ(base::integer_at(*all, "/accepted"), static_cast<std::int64_t>(served));
  EXPECT_EQ(base::integer_at(*all, "/doubled"), 0);
  EXPECT_EQ(base::text_at(*all, "/networks/0/posts/0/text"), "Hello, bluesky");
  const auto page = (co_await play->ask("GET", "/")).body;
  EXPECT_NE(page.find("Hello, bluesky"), std::string::npos);
}

TEST(Rehearsal, LetsEveryNetworkPublish) { Play::run({}, every_kind); }

io::Task<> faults_in_line(Play* play) {
  const auto account = co_await play->connect("webhook_blind");
  const auto set = co_await play->ask(
      "POST", "/faults",
      R"({"network":"webhook_blind","next":["drop_answer","fail_before","rate_limit"]})");
  EXPECT_EQ(set.status, 204);
  EXPECT_TRUE(std::holds_alternative<Unknown>(co_await play->publish(account, "one")));
  EXPECT_TRUE(std::holds_alternative<Unknown>(co_await play->publish(account, "two")));
  EXPECT_TRUE(std::holds_alternative<RetryLater>(co_await play->publish(account, "three")));
  EXPECT_TRUE(std::holds_alternative<Published>(co_await play->publish(account, "one")));
  const auto received = play->rehearsal().received("webhook", 10);
  EXPECT_EQ(received.at("accepted").to_number<int>(), 2) << "one, and its repeat";
  EXPECT_EQ(received.at("doubled").to_number<int>(), 1);
}

TEST(Rehearsal, ActsOutFaultsInLineAndCountsRepeats) {
  Play::run({.networks = {"webhook"}}, faults_in_line);
}

io::Task<> network_down(Play* play) {
  const auto account = co_await play->connect("mastodon");
  co_await play->ask("POST", "/faults", R"({"network":"mastodon","down_ms":100})");
  // It goes down in its own time, and comes back in its own time.
  bool was_down = false;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  for (int i = 0; std::chrono::steady_clock::now() < deadline; ++i) {
    const auto outcome = co_await play->publish(account, fmt::format("try {}", i));
    was_down = was_down || std::holds_alternative<RetryLater>(outcome);
    if (was_down && std::holds_alternative<Published>(outcome)) co_return;
    co_await io::sleep_for(std::chrono::milliseconds(5));
  }
  ADD_FAILURE() << (was_down ? "it did not come back" : "it was never down");
}

TEST(Rehearsal, NetworksGoDownAndComeBack) {
  Play::run({.networks = {"mastodon"}, .rate_limits = false}, network_down);
}

io::Task<> late_answer(Play* play) {
  const auto account = co_await play->connect("slack");
  co_await play->ask("POST", "/faults", R"({"next":["delay"],"plan":"delay_ms=30"})");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(std::holds_alternative<Published>(co_await play->publish(account, "late")));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(30));
}

TEST(Rehearsal, AnswersLate) { Play::run({.networks = {"slack"}}, late_answer); }

io::Task<> begin_anew(Play* play) {
  auto account = co_await play->connect("telegram");
  EXPECT_TRUE(std::holds_alternative<Published>(co_await play->publish(account, "one")));
  co_await play->ask("POST", "/faults", R"({"next":["revoke"]})");
  EXPECT_TRUE(std::holds_alternative<AccountBroken>(co_await play->publish(account, "two")));
  EXPECT_EQ((co_await play->ask("POST", "/reset", R"({"network":"telegram"})")).status, 204);
  EXPECT_EQ(play->rehearsal().received("", 10).at("accepted").to_number<int>(), 0);
  EXPECT_TRUE(std::holds_alternative<Published>(co_await play->publish(account, "three")));
}

TEST(Rehearsal, BeginsAnew) { Play::run({.networks = {"telegram"}}, begin_anew); }

io::Task<> bad_orders(Play* play) {
  for (const auto* body :
       {R"({"network":"myspace"})", R"({"next":["earthquake"]})", R"({"plan":"rate=2"})",
        R"({"down_ms":-1})", R"({"nonsense":1})", "[]"}) {
    const auto answer = co_await play->ask("POST", "/faults", body);
    EXPECT_EQ(answer.status, 422) << body << answer.body;
  }
  EXPECT_EQ((co_await play->ask("GET", "/received?limit=-1")).status, 422);
}

TEST(Rehearsal, NamesWhatIsWrongWithAnOrder) { Play::run({.networks = {"slack"}}, bad_orders); }

TEST(Rehearsal, KnowsItsNetworks) {
  io::run([]() -> io::Task<> {
    const base::SystemClock clock;
    const auto executor = co_await asio::this_coro::executor;
    EXPECT_FALSE(Rehearsal::make(executor, {.networks = {"myspace"}}, clock).has_value());
    EXPECT_FALSE(Rehearsal::make(executor, {.port = 65'535}, clock).has_value());
  });
}

TEST(FaultPlan, IsReadOrRefused) {
  for (const auto* good : {"", "rate=0.1,seed=7", "drop_answer=0.5, revoke=0.01,delay_ms=10"})
    EXPECT_TRUE(parse_fault_plan(good).has_value()) << good;
  for (const auto* bad : {"rate", "rate=x", "rate=nan", "rate=1.5", "none=0.1", "earthquake=0.1",
                          "drop_answer=0.6,delay=0.6", "seed=-1", "delay_ms=999999999", ",,"})
    EXPECT_FALSE(parse_fault_plan(bad).has_value()) << bad;
}

TEST(FaultPlan, IsTheSameForTheSameSeed) {
  const auto draw = [](std::uint64_t seed) {
    Faults faults;
    auto plan = *parse_fault_plan("rate=0.3");
    plan.seed = seed;
    faults.plan(plan);
    std::vector<Fault> drawn;
    for (int i = 0; i < 1000; ++i) {
      EXPECT_EQ(faults.peek(), faults.peek());
      drawn.push_back(faults.take());
    }
    return drawn;
  };
  EXPECT_EQ(draw(7), draw(7));
  EXPECT_NE(draw(7), draw(8));
  const auto drawn = draw(7);
  const auto met = std::ranges::count_if(drawn, [](auto fault) { return fault != Fault::none; });
  EXPECT_GT(met, 240);
  EXPECT_LT(met, 360);
  EXPECT_EQ(std::ranges::count(drawn, Fault::revoke), 0);
}

TEST(FaultPlan, WaitsForThoseInLine) {
  Faults faults;
  faults.plan(*parse_fault_plan("revoke=1"));
  faults.next(Fault::delay);
  EXPECT_EQ(faults.take(), Fault::delay);
  EXPECT_EQ(faults.take(), Fault::revoke);
}

TEST(Received, CountsRepeatsByTextAndParent) {
  const auto groups = group({{.id = "1", .text = "a", .key = "k"},
                             {.id = "2", .text = "b", .key = "l"},
                             {.id = "3", .text = "a", .key = "k"},
                             {.id = "4", .text = "a", .parent = "1", .key = "m"}});
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].ids, (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(groups[0].keys, std::vector<std::string>{"k"});
  const auto shown = to_json(groups, 4, 1);
  EXPECT_EQ(shown.at("doubled").to_number<int>(), 1);
  EXPECT_EQ(shown.at("posts").as_array().size(), 1U);
}

// One that takes as much as it is given.
class Bottomless final : public Double {
 public:
  const http::Router& routes() const override { return router_; }
  json::object settings(std::string) const override { return {}; }
  bool publishes(const http::Request&) const override { return true; }
  const std::vector<Taken>& taken() const override { return taken_; }
  std::vector<Taken> taken_;

 private:
  http::Router router_;
};

TEST(Doubles, AreFullAtSomeTime) {
  Bottomless far;
  const std::string large(1024 * 1024, 'x');
  while (!far.is_full() && far.taken_.size() < 100)
    far.taken_.push_back({.id = "1", .text = large});
  EXPECT_EQ(far.taken_.size(), 64U);
}

}  // namespace
}  // namespace networks::doubles
