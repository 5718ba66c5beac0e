// A WordPress site with one author. A slug that is taken gets a number, so that a post which is
// sent twice stands there twice, as in earnest.
#pragma once

#include "networks/doubles/double.h"

#include <set>

namespace networks::doubles {

class WordPressDouble final : public Double {
 public:
  // Sites with plain permalinks have their API at /index.php?rest_route= only.
  enum class Permalinks { pretty, plain };
  WordPressDouble(const base::Clock& clock, Permalinks permalinks);

  const http::Router& routes() const override { return router_; }
  json::object settings(std::string origin) const override;
  bool publishes(const http::Request& request) const override;
  const std::vector<Taken>& taken() const override { return taken_; }

  void demote() { may_publish_ = false; }
  const std::vector<json::object>& posts() const { return posts_; }
  // Descriptions of the pictures in the library.
  const std::vector<std::string>& descriptions() const { return descriptions_; }

 private:
  io::Task<http::Response> answer(http::Request request);
  http::Response root() const;
  http::Response me() const;
  http::Response upload(const http::Request& request);
  http::Response create(const http::Request& request);
  http::Response list(const http::Request& request) const;
  bool is_known(const http::Request& request) const;
  std::string free_slug(const std::string& wanted) const;

  const base::Clock& clock_;
  http::Router router_;
  std::string password_ = "abcd EFGH 1234 ijkl MNOP 6789";
  bool revoked_ = false;
  bool may_publish_ = true;
  std::int64_t ids_ = 10;
  std::vector<json::object> posts_;
  std::set<std::string, std::less<>> slugs_;
  std::vector<Taken> taken_;
  std::vector<std::string> descriptions_;
};

}  // namespace networks::doubles
