// Objects in a bucket of any S3-compatible store.
//
// Requests are signed by libcurl (Signature Version 4). What fails on the way, or with 429 or 5xx,
// is tried again a few times: every request here may be repeated, for a key names one object only.
// One loop.
#pragma once

#include "http/client.h"
#include "media/settings.h"
#include "media/store.h"

#include <chrono>
#include <map>
#include <string>

namespace media {

struct S3Access {
  S3Place place;
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token = {};
  int page_size = 1'000;                       // of a listing
  std::chrono::milliseconds retry_pause{200};  // before the second try; four times that after it
};

class S3Store final : public Store {
 public:
  S3Store(http::Client& client, S3Access access);

  std::string name() const override;
  io::Task<> put(std::string key, SharedBytes bytes) override;
  io::Task<std::optional<std::string>> get(std::string key) override;
  io::Task<bool> has(std::string key) override;
  io::Task<> remove(std::string key) override;
  io::Task<Page> list(std::string after) override;

 private:
  using Query = std::map<std::string, std::string>;  // signed in this order

  std::string url(const std::string& key, const Query& query) const;
  http::ClientRequest request(std::string method, const std::string& key, Query query = {}) const;
  // The answer when it is one of these; else it throws what the store said.
  io::Task<http::ClientResponse> send(http::ClientRequest request, std::vector<int> expected);

  http::Client& client_;
  S3Access access_;
};

}  // namespace media
