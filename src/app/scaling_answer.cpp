#include "app/scaling_answer.h"

namespace app {

using namespace std::chrono_literals;

ScalingAnswer::ScalingAnswer(io::Executor executor, db::Database& reads, const base::Clock& clock)
    : reads_(reads), clock_(clock), memo_(std::move(executor), clock, {.keep = 2s}) {}

io::Task<http::Response> ScalingAnswer::get() {
  const publishing::Scaling scaling =
      co_await memo_.get("scaling", [this] { return publishing::read_scaling(reads_, clock_); });
  co_return http::json_response(publishing::to_json(scaling));
}

}  // namespace app
