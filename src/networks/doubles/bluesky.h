// A PDS: accounts, sessions that run out, blobs, records under keys that their writers choose.
// Holds posts to the lexicon's limits and answers in a PDS's own words; logins and points are
// limited as on bsky.social.
#pragma once

#include "networks/doubles/double.h"
#include "networks/doubles/rate_limit.h"

#include <map>
#include <set>

namespace networks::doubles {

class BlueskyDouble final : public Double {
 public:
  explicit BlueskyDouble(const base::Clock& clock);

  const http::Router& routes() const override { return router_; }
  json::object settings(std::string origin) const override;
  bool publishes(const http::Request& request) const override;
  const std::vector<Taken>& taken() const override { return taken_; }

  // What stands at a record key; null when nothing does.
  const json::object* record(std::string_view rkey) const;
  // Ends every session; refresh tokens too when `renewable` is false.
  void end_sessions(bool renewable);
  std::size_t logins() const { return logins_; }

 private:
  using Handler = http::Response (BlueskyDouble::*)(const http::Request&);
  void query(const char* method, Handler handler);
  void procedure(const char* method, Handler handler);

  http::Response create_session(const http::Request& request);
  http::Response refresh_session(const http::Request& request);
  http::Response get_session(const http::Request& request);
  http::Response resolve_handle(const http::Request& request);
  http::Response upload_blob(const http::Request& request);
  http::Response put_record(const http::Request& request);
  http::Response apply_writes(const http::Request& request);
  http::Response get_record(const http::Request& request);

  http::Response new_session();
  // Nothing when the token is good.
  std::optional<http::Response> refuse_token(const http::Request& request) const;
  // The lexicon's limits; what is wrong, or "".
  std::string fault_of(const json::value& record) const;
  std::string uri_of(std::string_view rkey) const;
  void store(const std::string& rkey, const json::value& record);

  const base::Clock& clock_;
  http::Router router_;
  std::string password_ = "abcd-efgh-ijkl-mnop";
  std::int64_t tokens_made_ = 0;
  std::map<std::string, base::Instant> access_;  // token -> end
  std::set<std::string> refresh_;
  std::map<std::string, std::size_t> blobs_;  // cid -> size
  std::map<std::string, json::object, std::less<>> records_;
  std::vector<Taken> taken_;
  std::size_t logins_ = 0;
  RateLimit login_limit_{30, std::chrono::seconds(300)};
  RateLimit points_{5000, std::chrono::seconds(3600)};
};

}  // namespace networks::doubles
