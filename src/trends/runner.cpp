#include "trends/runner.h"

#include "base/log.h"
#include "trends/reading.h"

namespace trends {
namespace {

std::string lease_name(const std::string& id) { return "source:" + id; }

}  // namespace

Runner::Runner(io::Executor executor, SourceStore& store, jobs::Leases& leases,
               const base::Clock& clock, SourceContext context, RunnerOptions options,
               Consumer consumer, RunnerHooks hooks)
    : executor_(executor),
      store_(store),
      leases_(leases),
      clock_(clock),
      context_(context),
      options_(options),
      consumer_(std::move(consumer)),
      hooks_(std::move(hooks)),
      look_soon_(executor) {}

Runner::~Runner() = default;

void Runner::look_soon() { look_soon_.notify(); }

std::size_t Runner::reading() const { return readings_.size(); }

bool Runner::reads(const std::string& id) const { return readings_.contains(id); }

io::Task<> Runner::run() {
  for (;;) {
    std::string failure;
    try {
      co_await look();
    } catch (const std::exception& error) {
      if (io::is_cancelled(error)) throw;
      failure = error.what();
    }
    if (!failure.empty()) {
      // The readers go on as long as their leases last.
      base::log_warn("sources_unknown", {{"error.message", json::value(failure)}});
      co_await end_expired();
    }
    co_await look_soon_.wait_for(options_.look_every);
  }
}

io::Task<> Runner::look() {
  if (stopping_) co_return;
  co_await look_at(co_await store_.list());
}

Runner::Parts Runner::parts_of(std::vector<SourceRow> rows) const {
  Parts parts;
  for (SourceRow& row : rows) {
    const Source* source = source_by_id(row.type);
    if (!row.enabled || source == nullptr) continue;
    if (hooks_.reads && !hooks_.reads(source->about())) continue;
    const std::size_t of = source->about().shared ? options_.parts : 1;
    for (std::size_t index = 0; index < of; ++index) {
      std::string id = of == 1 ? row.id : fmt::format("{}#{}/{}", row.id, index + 1, of);
      parts.emplace(std::move(id), Part{.row = row, .index = index, .of = of});
    }
  }
  return parts;
}

io::Task<> Runner::look_at(std::vector<SourceRow> rows) {
  const Parts wanted = parts_of(std::move(rows));
  std::vector<std::string> unwanted;
  for (const auto& [id, reading] : readings_) {
    const auto part = wanted.find(id);
    if (part == wanted.end() || part->second.row.version != reading->row().version)
      unwanted.push_back(id);
  }
  for (const std::string& id : unwanted) co_await end(id, true);
  const std::size_t share = hooks_.share ? co_await hooks_.share(wanted.size()) : wanted.size();
  co_await end_surplus(share);
  for (const auto& [id, part] : wanted) {
    if (stopping_) co_return;
    const auto reading = readings_.find(id);
    if (reading == readings_.end()) {
      if (readings_.size() < share) co_await begin(id, part);
    } else if (reading->second->wake_if_asked(part.row.fetch_at); !co_await renew(id)) {
      co_await end(id, false);
    }
  }
}

// Another process has come and takes its share; one at a time, so that few pause at once.
io::Task<> Runner::end_surplus(std::size_t share) {
  if (readings_.size() <= share) co_return;
  const std::string last = readings_.rbegin()->first;
  co_await end(last, true);
}

io::Task<> Runner::begin(std::string id, Part part) {
  auto lease = co_await leases_.acquire(lease_name(id), options_.lease_ttl);
  if (!lease) co_return;
  auto cursor = co_await store_.begin(id, lease->fence);
  if (!cursor) co_return;
  // What this process counted already is nearer than what was saved.
  auto& standing = standings_.try_emplace(id, Standing{.source = id, .fence = 0, .cursor = *cursor})
                       .first->second;
  standing.fence = lease->fence;
  const Source& source = *source_by_id(part.row.type);
  const AuthorPart authors{.id = id, .index = part.index, .of = part.of};
  auto reading =
      std::make_unique<Reading>(*this, source, std::move(part.row), authors, *lease, standing);
  reading->start();
  readings_.emplace(id, std::move(reading));
  base::log_info("source_started",
                 {{"source.id", json::value(id)}, {"source.type", json::value(source.about().id)}});
}

// Also reports what the reader does. False when the lease is lost.
io::Task<bool> Runner::renew(std::string id) {
  Reading& reading = *readings_.at(id);
  if (reading.lease().until - clock_.now() < options_.lease_ttl * 2 / 3) {
    if (!co_await leases_.renew(reading.lease(), options_.lease_ttl)) co_return false;
  }
  co_return co_await store_.save_status(id, reading.lease().fence, reading.status());
}

io::Task<> Runner::end(std::string id, bool keep_standing) {
  const auto found = readings_.find(id);
  if (found == readings_.end()) co_return;
  co_await found->second->stop();
  const jobs::Lease lease = found->second->lease();
  co_await settle(id, keep_standing);
  readings_.erase(id);
  base::log_info("source_stopped", {{"source.id", json::value(id)}});
  if (keep_standing) {
    co_await leases_.release(lease);
  } else {
    standings_.erase(id);
  }
}

io::Task<> Runner::settle(std::string id, bool ours) {
  if (!hooks_.settle) co_return;
  co_await hooks_.settle(id, ours);
  standings_.erase(id);
}

io::Task<> Runner::end_expired() {
  std::vector<std::string> expired;
  for (const auto& [id, reading] : readings_) {
    if (reading->lease_ran_out()) expired.push_back(id);
  }
  for (const std::string& id : expired) co_await end(id, false);
}

io::Task<> Runner::stop() {
  stopping_ = true;
  while (!readings_.empty()) {
    const auto first = readings_.begin();
    const std::string id = first->first;
    co_await first->second->stop();
    co_await settle(id, !first->second->lease_ran_out());
    held_.insert_or_assign(id, readings_.at(id)->lease());
    readings_.erase(id);
  }
}

io::Task<> Runner::release() {
  const auto held = std::exchange(held_, {});
  standings_.clear();
  stopping_ = false;
  for (const auto& [id, lease] : held) co_await leases_.release(lease);
}

std::optional<Standing> Runner::standing(const std::string& part) const {
  const auto found = standings_.find(part);
  if (found == standings_.end()) return std::nullopt;
  return found->second;
}

std::vector<Standing> Runner::standings() const {
  std::vector<Standing> all;
  for (const auto& [id, standing] : standings_) all.push_back(standing);
  return all;
}

}  // namespace trends
