// Discord's webhook of one channel: messages with files, nested errors, and a bucket of five
// messages in two seconds that is told in every header.
#pragma once

#include "networks/doubles/double.h"

namespace networks::doubles {

class DiscordDouble final : public Double {
 public:
  explicit DiscordDouble(const base::Clock& clock);

  const http::Router& routes() const override { return router_; }
  json::object settings(std::string origin) const override;
  bool publishes(const http::Request& request) const override;
  const std::vector<Taken>& taken() const override { return taken_; }

  // Descriptions of the files that came with the last message.
  const std::vector<std::string>& descriptions() const { return descriptions_; }

 private:
  http::Response about(const http::Request& request) const;
  http::Response execute(const http::Request& request);
  std::optional<http::Response> refuse_visitor(const http::Request& request) const;
  // What is wrong with a message and its files; nothing when it is good.
  std::optional<http::Response> refuse(const json::value& message, const http::Request& request);

  const base::Clock& clock_;
  http::Router router_;
  std::string token_ = "token-of-the-rehearsal-0123456789abcdef";
  bool revoked_ = false;
  std::int64_t ids_ = 1'312'000'000'000'000'000;
  std::vector<Taken> taken_;
  std::vector<std::string> descriptions_;
  RateLimit bucket_{5, std::chrono::seconds(2)};
};

}  // namespace networks::doubles
