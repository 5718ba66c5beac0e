// What prepare() has reached for one content, kept in Context::progress where there is one. A text
// or picture that was changed since begins anew: its steps belonged to another content.
//
//   Steps steps(context, content);
//   if (steps.text("container").empty()) { ...create it...; co_await steps.set("container", id); }
#pragma once

#include "networks/network.h"

#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace networks {

class Steps {
 public:
  // Steps older than `life` are forgotten: networks throw away what nobody published.
  Steps(Context context, const Content& content, std::chrono::seconds life);

  std::string text(std::string_view name) const;
  // Durable when it returns.
  io::Task<> set(std::string name, std::string value);
  // All of them are forgotten, durably.
  io::Task<> clear();

  // Is the network done with what `name` stands for? Nothing when it is. Otherwise what prepare()
  // has to say: that it is still at work, or that it failed. Where steps do not last, this waits.
  using Ask = std::function<io::Task<std::expected<bool, Outcome>>()>;
  io::Task<std::optional<Prepared>> finish(std::string name, Ask ask, std::string reason);

 private:
  std::chrono::seconds age() const;
  void begin();

  Progress* progress_;
  const base::Clock* clock_;
  std::string mark_;  // of the content
  json::object value_;
};

}  // namespace networks
