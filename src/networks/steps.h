// What prepare() has reached for one content, kept in Context::progress where there is one. A text
// or picture that was changed since begins anew: its steps belonged to another content.
//
//   Steps steps(context, content);
//   if (steps.text("container").empty()) { ...create it...; co_await steps.set("container", id); }
#pragma once

#include "networks/network.h"

#include <chrono>
#include <string>
#include <string_view>

namespace networks {

class Steps {
 public:
  // Steps older than `life` are forgotten: networks throw away what nobody published.
  Steps(Context context, const Content& content, std::chrono::seconds life);

  // May the caller say StillWorking and be called again? Otherwise it must wait by itself.
  bool durable() const { return progress_ != nullptr; }

  std::string text(std::string_view name) const;
  // Durable when it returns.
  io::Task<> set(std::string name, json::value value);
  // All of them are forgotten, durably.
  io::Task<> clear();
  // How long ago the first step was kept.
  std::chrono::seconds age(base::Instant now) const;

 private:
  void begin(base::Instant now);

  Progress* progress_;
  const base::Clock* clock_;
  std::string mark_;  // of the content
  json::object value_;
};

}  // namespace networks
