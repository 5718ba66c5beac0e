#include "publishing/progress.h"

#include "base/error.h"
#include "base/json.h"

namespace publishing {

KeptProgress::KeptProgress(db::Database& database, const Work& work, std::function<void()> on_lost)
    : database_(database), target_(work.id), fence_(work.fence), on_lost_(std::move(on_lost)) {
  if (work.progress.empty()) return;
  auto kept = base::parse_json(work.progress);
  if (kept && kept->is_object()) value_ = std::move(kept->as_object());
}

io::Task<> KeptProgress::save(json::object value) {
  const std::string text = json::serialize(value);
  if (text.size() > bytes_max) {
    throw std::length_error("a connector wants to keep too much of its progress");
  }
  const auto rows = co_await database_.execute(
      "UPDATE targets SET progress = $3 WHERE id = $1 AND fence = $2 AND state = 'claimed'",
      {target_, fence_, text});
  if (rows.affected == 0) {
    on_lost_();
    throw base::Unavailable("the target is not this worker's any more");
  }
  value_ = std::move(value);
}

}  // namespace publishing
