// Threads and Instagram as publishers know them: containers that are made, fetch their pictures,
// and are published once; a day's quota; tokens that can be renewed after a day. A picture whose
// address has "slow" in it takes a while to fetch.
#pragma once

#include "networks/doubles/double.h"

#include <map>
#include <optional>

namespace networks::doubles {

class MetaDouble final : public Double {
 public:
  enum class Make { threads, instagram };
  MetaDouble(const base::Clock& clock, Make make);

  const http::Router& routes() const override { return router_; }
  json::object settings(std::string origin) const override;
  bool publishes(const http::Request& request) const override;
  const std::vector<Taken>& taken() const override { return taken_; }

  void revoke() { revoked_ = true; }
  const std::string& token() const { return token_; }
  std::size_t containers() const { return containers_.size(); }
  // Containers cannot be read back, as happens on the real API.
  void hide_containers() { containers_hidden_ = true; }

 private:
  using Fields = std::map<std::string, std::string, std::less<>>;
  using Handler = http::Response (MetaDouble::*)(const http::Request&, const Fields&);
  http::Handler guarded(Handler handler);
  io::Task<http::Response> guard(http::Request request, Handler handler);

  http::Response me(const http::Request& request, const Fields& fields);
  http::Response create(const http::Request& request, const Fields& fields);
  http::Response publish(const http::Request& request, const Fields& fields);
  http::Response list(const http::Request& request, const Fields& fields);
  http::Response quota(const http::Request& request, const Fields& fields);
  http::Response object(const http::Request& request, const Fields& fields);
  http::Response refresh(const http::Request& request, const Fields& fields);

  struct Container {
    std::string text;
    std::string parent;
    base::Instant made_at;
    int asked_until_ready = 0;
    bool is_item = false;
    std::string post;  // "" until published
  };
  std::string fault_of(const Fields& fields) const;
  std::string fault_of_carousel(std::string_view children) const;
  std::string status_of(const Container& container) const;
  const Taken* post(std::string_view id) const;

  const base::Clock& clock_;
  Make make_;
  http::Router router_;
  std::string token_ = "token-of-the-meta-rehearsal";
  base::Instant token_made_at_;
  bool revoked_ = false;
  bool containers_hidden_ = false;
  std::int64_t ids_ = 17'000'000'000'000'000;
  std::map<std::string, Container, std::less<>> containers_;
  std::vector<Taken> taken_;
  std::map<std::string, base::Instant> published_at_;
  RateLimit day_;
};

}  // namespace networks::doubles
