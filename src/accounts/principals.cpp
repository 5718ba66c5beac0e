#include "accounts/principals.h"

#include "base/crypto.h"
#include "base/metrics.h"

namespace accounts {
namespace {

metrics::Counter questions{"cache_requests_total",
                           "Questions to the caches of this process, by what they led to.",
                           {"cache", "result"}};

}  // namespace

Principals::Principals(io::Executor executor, const base::Clock& clock)
    : memo_(std::move(executor), clock, {.keep = keep, .count = [](std::string_view result) {
                                           questions.add({"principals", result});
                                         }}) {}

// Memory does not hold what would let anybody in.
io::Task<Principals::Found> Principals::find(std::string credential,
                                             std::function<io::Task<Found>()> look) {
  return memo_.get(base::token_hash(credential), std::move(look));
}

void Principals::changed() {
  forget();
  if (tell_) tell_();
}

}  // namespace accounts
