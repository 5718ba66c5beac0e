#include "posts/series_runner.h"

namespace posts {

namespace {

constexpr std::size_t batch = 20;

}  // namespace

io::Task<> SeriesRunner::run() {
  while (true) {
    co_await turn();
    co_await io::sleep_for(every);
  }
}

io::Task<bool> SeriesRunner::turn() {
  auto lease = co_await leases_.acquire("posts.series", lease_ttl);
  if (!lease) co_return false;
  while (co_await series_.expand_due(batch) == batch) {
    if (!co_await leases_.renew(*lease, lease_ttl)) co_return false;
  }
  co_return true;
}

}  // namespace posts
