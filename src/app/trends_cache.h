// GET /api/trends, which pages and scripts ask for again and again: answered from a cache
// (redis/cache.h) for about a second.
//
// One answer for each workspace and question. A change under trends, watch lists or sources by
// somebody of the workspace makes its answers a thing of the past, here at once and in other
// processes by a bell. Only good answers are kept. A filter that stands behind authentication:
// nobody gets from here what he might not ask for. Outlives the server.
#pragma once

#include "app/process.h"
#include "jobs/wake.h"
#include "redis/cache.h"

#include <memory>
#include <string>

namespace app {

class TrendsCache {
 public:
  // Adds the filter, and keeps the connection to Redis, if there is one; else the answers stay in
  // this process.
  TrendsCache(Process& process, jobs::Wake& wake);
  TrendsCache(const TrendsCache&) = delete;
  TrendsCache& operator=(const TrendsCache&) = delete;

  // The list has changed.
  void forget_here() { cache_.forget_here(); }

 private:
  io::Task<http::Response> handle(http::Request request, http::Handler next);
  io::Task<http::Response> list(std::string group, http::Request request, http::Handler next);
  void changed(const std::string& group);

  jobs::Wake& wake_;
  std::unique_ptr<redis::Client> client_;  // null: no Redis
  redis::Cache cache_;
  std::unique_ptr<jobs::Wake::Bell> bell_;
};

}  // namespace app
