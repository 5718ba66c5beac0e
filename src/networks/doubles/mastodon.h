// A server of the Mastodon API in three makes: Mastodon (remembers an Idempotency-Key for an hour),
// GoToSocial (knows none) and Pixelfed (refuses a repeated one). With Mastodon's limits, rate
// headers, HTML and media that take a while.
#pragma once

#include "networks/doubles/double.h"
#include "networks/doubles/rate_limit.h"

#include <map>

namespace networks::doubles {

class MastodonDouble final : public Double {
 public:
  enum class Make { mastodon, gotosocial, pixelfed };
  MastodonDouble(const base::Clock& clock, Make make);

  const http::Router& routes() const override { return router_; }
  json::object settings(std::string origin) const override;
  bool publishes(const http::Request& request) const override;
  const std::vector<Taken>& taken() const override { return taken_; }

  void revoke() { revoked_ = true; }
  void set_text_max(std::int64_t max) { text_max_ = max; }
  const json::array& statuses() const { return statuses_; }  // newest last

 private:
  using Handler = http::Response (MastodonDouble::*)(const http::Request&);
  http::Handler guarded(Handler handler);
  io::Task<http::Response> guard(http::Request request, Handler handler);

  http::Response instance_v1(const http::Request& request);
  http::Response instance_v2(const http::Request& request);
  http::Response verify_credentials(const http::Request& request);
  http::Response upload(const http::Request& request);
  http::Response media(const http::Request& request);
  http::Response create_status(const http::Request& request);
  http::Response list_statuses(const http::Request& request);

  json::object configuration() const;
  std::string fault_of(const json::value& body) const;
  json::object make_status(const json::value& body);
  const json::object* status(std::string_view id) const;

  struct Remembered {
    std::string id;
    base::Instant until;
  };
  struct File {
    std::string description;
    int asked_until_ready = 0;
  };

  const base::Clock& clock_;
  Make make_;
  http::Router router_;
  std::string token_ = "token-of-the-rehearsal";
  bool revoked_ = false;
  std::int64_t text_max_ = 500;
  std::int64_t ids_ = 113'000'000'000'000'000;
  std::map<std::string, Remembered> keys_;
  std::map<std::string, File> files_;
  json::array statuses_;
  std::vector<Taken> taken_;
  RateLimit calls_{300, std::chrono::seconds(300)};
  RateLimit uploads_{30, std::chrono::seconds(1800)};
};

// Plain text as Mastodon shows it: links shortened for the eye, hosts of mentions left out.
std::string mastodon_html(std::string_view text);

}  // namespace networks::doubles
