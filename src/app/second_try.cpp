#include "app/second_try.h"

#include "base/error.h"
#include "base/log.h"
#include "io/task.h"

namespace app {
namespace {

constexpr std::chrono::seconds quick{1};
constexpr std::chrono::milliseconds pause{100};  // for the other lost connections to be noticed

io::Task<http::Response> try_twice(const base::Clock& clock, http::Request request,
                                   http::Handler next) {
  const base::Instant began = clock.now();
  http::Request again = request;
  try {
    co_return co_await next(std::move(request));
  } catch (const base::Unavailable& error) {
    if (clock.now() - began > quick) throw;
    base::log_info("read_again", {{"url.path", boost::json::string(again.route)},
                                  {"error.message", boost::json::string(error.what())}});
  }
  co_await io::sleep_for(pause);
  co_return co_await next(std::move(again));
}

}  // namespace

http::Filter try_reads_again(const base::Clock& clock) {
  return [&clock](http::Request request, http::Handler next) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    return reads ? try_twice(clock, std::move(request), std::move(next)) : next(std::move(request));
  };
}

}  // namespace app
