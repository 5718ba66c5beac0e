#include "celery/settings.h"

#include <algorithm>

namespace celery {

using std::chrono::hours;
using std::chrono::seconds;

void declare(base::Config& config, Settings& into) {
  config.text("CELERY_QUEUE", into.queue, "",
              "Queue of Celery tasks that the worker takes from Redis, such as uploads. Needs "
              "REDIS_URL and CELERY_TOKEN. Default: none.");
  config.secret("CELERY_TOKEN", into.token,
                "Personal token of the person and workspace that Celery tasks act for.");
  config.integer("CELERY_CONCURRENCY", into.concurrency, 10, 1, 1000,
                 "Celery tasks that one worker carries out at the same time.");
  config.duration("CELERY_VISIBILITY_TIMEOUT", into.visibility_timeout, seconds(300), seconds(1),
                  hours(24), "A task that its worker has said nothing of for so long is restored.");
  config.duration("CELERY_RESULT_TTL", into.result_ttl, hours(24), seconds(1), hours(24 * 30),
                  "How long Redis keeps the result of a task.");
}

std::optional<std::string> problem_of(const Settings& settings, bool has_redis) {
  if (!settings.enabled()) return std::nullopt;
  constexpr std::size_t name_max = 200;
  const auto plain = [](char c) { return c > ' ' && c < '\x7f'; };
  if (settings.queue.size() > name_max || !std::ranges::all_of(settings.queue, plain)) {
    return "CELERY_QUEUE: is not the name of a queue (at most 200 visible ASCII characters)";
  }
  if (!has_redis) return "CELERY_QUEUE: needs REDIS_URL";
  if (settings.token.empty()) {
    return "CELERY_TOKEN: is needed with CELERY_QUEUE; make one at Settings, Tokens";
  }
  return std::nullopt;
}

}  // namespace celery
