// What the conformance tests share: each kind of double on a loopback, with an account connected
// to it, and the steps of publishing as a worker takes them.
#pragma once

#include "networks/answer.h"
#include "networks/doubles/catalogue.h"
#include "networks/doubles/loopback.h"
#include "networks/doubles/memory_feed.h"
#include "networks/doubles/relay.h"
#include "networks/network.h"
#include "networks/testing_stage.h"

#include <ostream>
#include <stdexcept>

#include <gtest/gtest.h>

namespace networks::doubles {

// How gtest names a kind.
inline void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

}  // namespace networks::doubles

namespace networks::testing {

using doubles::Kind;

inline const std::string some_key = "0123456789abcdef0123456789abcdef";

// A network of the test: a double and what a connector needs to reach it.
class KindStage {
 public:
  explicit KindStage(Kind kind) : kind_(std::move(kind)) {
    if (kind_.make != nullptr) mount();
    connect();
  }

  const Kind& kind() const { return kind_; }
  const Network& connector() const { return *by_id(kind_.network); }
  doubles::Double& far() { return *far_; }
  doubles::LoopbackHttp& http() { return http_; }
  base::VirtualClock& clock() { return clock_; }
  const Account& account() const { return account_; }
  Limits limits() const { return connector().limits(account_); }
  std::size_t taken() const { return far_ ? far_->taken().size() : feed_.items().size(); }
  json::object settings() const {
    return far_ ? far_->settings(stage_origin) : json::object{{"title", "Feed"}};
  }

  Context context() {
    return {.http = &http_,
            .feed = &feed_,
            .websockets = &relays_,
            .credentials = &credentials_,
            .clock = &clock_,
            .progress = nullptr,
            .public_url = "https://us.test"};
  }

  // A text, with a picture for networks that want one.
  Content content(std::string text) const {
    Content content{.parts = {{.text = std::move(text)}}, .language = "en"};
    if (kind_.wants_picture) content.parts[0].media.push_back(picture());
    return content;
  }
  Image picture() const {
    const auto types = limits().media_types;
    return {.id = base::MediaId("0123456789abcdef"),
            .content_type = types.empty() ? "image/png" : types.front(),
            .bytes = "picture",
            .alt_text = "A picture",
            .width = 400,
            .height = 300,
            .public_url = "https://us.test/media/picture"};
  }

  base::Result<Identity> connect(json::object settings) {
    return run<base::Result<Identity>>(
        [&] { return connector().connect(context(), std::move(settings)); });
  }
  Network::Health test() {
    return run<Network::Health>([&] { return connector().test(context(), account_); });
  }
  // As often as the network says that it is still at work.
  Prepared prepare(Content content, std::string key = some_key) {
    for (int round = 0;; ++round) {
      auto prepared = run<Prepared>(
          [&] { return connector().prepare(context(), account_, content, {key, clock_.now()}); });
      if (!std::holds_alternative<StillWorking>(prepared) || round > 20) return prepared;
      clock_.advance(std::get<StillWorking>(prepared).after);
    }
  }
  Frozen freeze(Content content, std::string key = some_key) {
    auto prepared = prepare(std::move(content), std::move(key));
    if (!std::holds_alternative<Frozen>(prepared))
      throw std::runtime_error(kind_.name + " does not prepare: " + why_not(prepared));
    return std::get<Frozen>(std::move(prepared));
  }
  Outcome publish(const Frozen& frozen) {
    return run<Outcome>([&] { return connector().publish(context(), account_, frozen); });
  }
  Found find(const Frozen& frozen) {
    return run<Found>([&] { return connector().find(context(), account_, frozen); });
  }

  // What a worker does with an outcome until the target rests: published, rejected, paused, or
  // waiting for a person.
  Outcome settle(const Frozen& frozen) {
    auto outcome = publish(frozen);
    for (int round = 0; round < 6; ++round) {
      clock_.advance(std::chrono::minutes(1));
      if (std::holds_alternative<RetryLater>(outcome)) {
        outcome = publish(frozen);
      } else if (std::holds_alternative<Unknown>(outcome)) {
        auto found = find(frozen);
        if (auto* there = std::get_if<Published>(&found)) return std::move(*there);
        const bool by_key = connector().retry_class(account_) == RetryClass::safe_by_key;
        if (!std::holds_alternative<NotThere>(found) && !by_key) return outcome;
        outcome = publish(frozen);
      } else {
        return outcome;
      }
    }
    return outcome;
  }

  static std::string why_not(const Prepared& prepared) {
    return std::visit(
        [](const auto& value) -> std::string {
          if constexpr (requires { value.reason; }) return value.reason;
          return "";
        },
        prepared);
  }

 private:
  void mount() {
    far_ = kind_.make(clock_);
    auto* far = far_.get();
    http_.mount(stage_origin, &far->routes(), &far->faults(),
                [far](const http::Request& request) { return far->publishes(request); });
    if (auto* relay = dynamic_cast<doubles::RelayDouble*>(far))
      relays_.mount("ws://network.test", relay);
  }

  void connect() {
    auto identity = connect(settings());
    if (!identity) throw std::runtime_error(kind_.name + ": " + identity.error().message);
    account_ = {.id = base::AccountId::make(),
                .network = kind_.network,
                .remote_id = identity->remote_id,
                .handle = identity->handle,
                .credentials = identity->credentials,
                .details = identity->details};
  }

  Kind kind_;
  base::VirtualClock clock_{stage_start};
  std::unique_ptr<doubles::Double> far_;
  doubles::LoopbackHttp http_;
  doubles::LoopbackRelays relays_;
  doubles::MemoryFeed feed_;
  MemoryCredentials credentials_;
  Account account_;
};

inline std::string kind_of(const Outcome& outcome) {
  constexpr const char* names[] = {"published", "rejected", "retry_later", "unknown",
                                   "account_broken"};
  return names[outcome.index()];
}

inline std::string kind_of(const Found& found) {
  constexpr const char* names[] = {"published", "not_there", "cannot_know"};
  return names[found.index()];
}

// A test that runs for every kind of the catalogue.
class EveryKind : public ::testing::TestWithParam<Kind> {
 protected:
  const Kind& kind() const { return GetParam(); }
  // Feed and its like: no server, so no faults.
  bool has_server() const { return kind().make != nullptr; }

  KindStage stage_{GetParam()};
};

inline std::string name_of_kind(const ::testing::TestParamInfo<Kind>& info) {
  return info.param.name;
}

}  // namespace networks::testing
