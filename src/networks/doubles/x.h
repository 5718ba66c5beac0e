// X's API v2 as publishers know it: weighted counting, the same words refused, uploads in parts,
// shortened links in what is read, refresh tokens that work once, a limit for posts. GIFs take a
// while.
#pragma once

#include "networks/doubles/double.h"

#include <map>

namespace networks::doubles {

class XDouble final : public Double {
 public:
  explicit XDouble(const base::Clock& clock);

  const http::Router& routes() const override { return router_; }
  json::object settings(std::string origin) const override;
  bool publishes(const http::Request& request) const override;
  const std::vector<Taken>& taken() const override { return taken_; }

  void revoke() { revoked_ = true; }
  // As if the next renewals gave no new refresh token.
  void keep_refresh_token() { rotates_ = false; }
  std::size_t reads() const { return reads_; }  // posts that were charged for

 private:
  using Handler = http::Response (XDouble::*)(const http::Request&);
  http::Handler guarded(Handler handler);
  io::Task<http::Response> guard(http::Request request, Handler handler);

  http::Response me(const http::Request& request);
  http::Response create(const http::Request& request);
  http::Response list(const http::Request& request);
  http::Response initialize(const http::Request& request);
  http::Response append(const http::Request& request);
  http::Response finalize(const http::Request& request);
  http::Response status(const http::Request& request);
  http::Response describe(const http::Request& request);
  io::Task<http::Response> token(http::Request request);

  struct Media {
    std::string content_type;
    std::size_t total = 0;
    std::map<std::int64_t, std::string> parts;
    bool finalized = false;
    int asked_until_ready = 0;
  };
  std::string fault_of(const json::value& body) const;
  std::string fault_of_media(const json::value& body) const;
  json::object shown(std::string_view id, const json::value& body);
  Media* media(const http::Request& request);

  const base::Clock& clock_;
  http::Router router_;
  std::string access_ = "access-token-of-the-rehearsal";
  std::string refresh_ = "refresh-token-of-the-rehearsal";
  base::Instant access_ends_;
  bool rotates_ = true;
  bool revoked_ = false;
  std::size_t reads_ = 0;
  std::int64_t ids_ = 1'880'000'000'000'000'000;
  std::map<std::string, Media, std::less<>> media_;
  json::array posts_;  // as they are read, newest last
  std::vector<Taken> taken_;
  RateLimit limit_{100, std::chrono::minutes(15)};
};

}  // namespace networks::doubles
