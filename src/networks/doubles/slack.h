// Slack's incoming webhook of one channel. It answers in plain text, and shortens what is too long
// instead of refusing it.
#pragma once

#include "networks/doubles/double.h"

namespace networks::doubles {

class SlackDouble final : public Double {
 public:
  explicit SlackDouble(const base::Clock& clock);

  const http::Router& routes() const override { return router_; }
  json::object settings(std::string origin) const override;
  bool publishes(const http::Request& request) const override;
  const std::vector<Taken>& taken() const override { return taken_; }

 private:
  io::Task<http::Response> receive(http::Request request);

  const base::Clock& clock_;
  http::Router router_;
  std::string token_ = "tokenOfTheRehearsal0123456";
  bool revoked_ = false;
  std::vector<Taken> taken_;
  RateLimit messages_{60, std::chrono::seconds(60)};
};

}  // namespace networks::doubles
