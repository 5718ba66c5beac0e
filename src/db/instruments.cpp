#include "db/instruments.h"

#include "base/metrics.h"
#include "db/sql_text.h"

#include <mutex>
#include <set>

namespace db {
namespace {

// SQL is written by us, but built SQL could have endless variants: beyond this many names, "other".
constexpr std::size_t names_max = 300;

std::string bounded_name(std::string_view sql) {
  static std::mutex mutex;
  static std::set<std::string> names;
  std::string name = query_name(sql);
  const std::lock_guard lock(mutex);
  if (names.contains(name)) return name;
  if (names.size() >= names_max) return "other";
  names.insert(name);
  return name;
}

}  // namespace

QueryTimer::QueryTimer(std::string_view sql) : name_(bounded_name(sql)), span_(name_) {
  span_.note("db.query.summary", name_);
}

QueryTimer::~QueryTimer() {
  static metrics::Histogram duration{"db_query_duration_seconds",
                                     "Time of database statements, waiting included.",
                                     metrics::latency_bounds(),
                                     {"query"}};
  const auto elapsed = std::chrono::steady_clock::now() - started_;
  duration.observe({name_}, std::chrono::duration<double>(elapsed).count());
}

void report_pool(PoolState& told, const PoolState& now) {
  static metrics::Gauge size{"db_pool_size", "Open database connections."};
  static metrics::Gauge in_use{"db_pool_in_use", "Database connections with work."};
  static metrics::Gauge waiting{"db_pool_waiting", "Tasks that wait for a database connection."};
  const auto tell = [](metrics::Gauge& gauge, std::int64_t before, std::int64_t after) {
    if (before != after) gauge.add({}, static_cast<double>(after - before));
  };
  tell(size, told.size, now.size);
  tell(in_use, told.in_use, now.in_use);
  tell(waiting, told.waiting, now.waiting);
  told = now;
}

}  // namespace db
