// For tests of one connector: a double on a loopback, and the account connected to it.
//
//   Stage<doubles::BlueskyDouble> stage("bluesky");
//   auto frozen = stage.freeze({{.text = "Hello"}});
//   auto outcome = stage.publish(frozen);
#pragma once

#include "networks/doubles/loopback.h"
#include "networks/doubles/memory_feed.h"
#include "networks/doubles/relay.h"
#include "networks/network.h"
#include "networks/testing.h"

#include <stdexcept>

namespace networks::testing {

// Runs a task to its end on a loop of its own and hands out its value.
template <class T>
T run(const std::function<io::Task<T>()>& body) {
  struct Runner {
    static io::Task<> into(std::optional<T>* result, std::function<io::Task<T>()> body) {
      result->emplace(co_await body());
    }
  };
  std::optional<T> result;
  io::run([&] { return Runner::into(&result, body); });
  return std::move(*result);
}

inline const base::Instant stage_start = base::from_micros(1'795'424'400'123'456);
inline const std::string stage_origin = "http://network.test";

template <class Double>
class Stage {
 public:
  template <class... More>
  explicit Stage(std::string network_id, More... more)
      : network(*by_id(network_id)), far(clock, more...) {
    http.mount(stage_origin, &far.routes(), &far.faults(),
               [this](const http::Request& request) { return far.publishes(request); });
    if constexpr (std::is_same_v<Double, doubles::RelayDouble>)
      relays.mount("ws://network.test", &far);
  }

  Context context() {
    return {.http = &http,
            .feed = &feed,
            .websockets = &relays,
            .credentials = &credentials,
            .clock = &clock,
            .progress = progress,
            .public_url = "https://us.test"};
  }

  base::Result<Identity> connect(json::object settings) {
    auto identity = run<base::Result<Identity>>(
        [&] { return network.connect(context(), std::move(settings)); });
    if (identity) {
      account = {.id = base::AccountId::make(),
                 .network = network.about().id,
                 .remote_id = identity->remote_id,
                 .handle = identity->handle,
                 .credentials = identity->credentials,
                 .details = identity->details};
    }
    return identity;
  }
  void connect() {
    if (auto done = connect(far.settings(stage_origin)); !done)
      throw std::runtime_error(done.error().message);
  }

  Prepared prepare(Content content, std::string key = "0123456789abcdef0123456789abcdef") {
    return run<Prepared>(
        [&] { return network.prepare(context(), account, content, {key, clock.now()}); });
  }
  Frozen freeze(std::vector<Part> parts, std::string key = "0123456789abcdef0123456789abcdef") {
    return std::get<Frozen>(prepare({.parts = std::move(parts), .language = "en"}, std::move(key)));
  }
  Outcome publish(const Frozen& frozen) {
    return run<Outcome>([&] { return network.publish(context(), account, frozen); });
  }
  Found find(const Frozen& frozen) {
    return run<Found>([&] { return network.find(context(), account, frozen); });
  }

  const Network& network;
  base::VirtualClock clock{stage_start};
  Double far;
  doubles::LoopbackHttp http;
  doubles::LoopbackRelays relays;
  doubles::MemoryFeed feed;
  MemoryCredentials credentials;
  Progress* progress = nullptr;  // where steps last, if they shall
  Account account;
};

}  // namespace networks::testing
