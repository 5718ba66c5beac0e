// A receiver of signed webhooks that checks everything a careful one checks.
#pragma once

#include "networks/doubles/double.h"

#include <set>

namespace networks::doubles {

class WebhookDouble final : public Double {
 public:
  enum class Keeps { every_request, each_key_once };
  WebhookDouble(const base::Clock& clock, Keeps keeps);

  const http::Router& routes() const override { return router_; }
  json::object settings(std::string origin) const override;
  bool publishes(const http::Request& request) const override;
  const std::vector<Taken>& taken() const override { return taken_; }

 private:
  io::Task<http::Response> receive(http::Request request);
  bool is_signed(const http::Request& request) const;

  const base::Clock& clock_;
  Keeps keeps_;
  std::string secret_ = "a-secret-of-the-double";
  bool revoked_ = false;
  http::Router router_;
  std::vector<Taken> taken_;
  std::set<std::string> keys_;
};

}  // namespace networks::doubles
