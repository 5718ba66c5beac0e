#include "trends/reading.h"

#include "base/id.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "trends/sources/polite.h"

#include <cmath>

namespace trends {
namespace {

metrics::Counter& mentions_total() {
  static metrics::Counter counter{
      "source_mentions_total", "Mentions taken from sources.", {"source"}};
  return counter;
}

metrics::Counter& rejected_total() {
  static metrics::Counter counter{
      "source_rejected_total", "Broken items that sources sent.", {"source"}};
  return counter;
}

metrics::Counter& errors_total() {
  static metrics::Counter counter{
      "source_errors_total", "Times that a source could not be read.", {"source"}};
  return counter;
}

metrics::Gauge& lag_seconds() {
  static metrics::Gauge gauge{
      "source_lag_seconds", "How far a streaming source is behind the present.", {"source"}};
  return gauge;
}

constexpr double rate_memory_seconds = 120;
constexpr std::size_t note_max = 400;

std::string printable(std::string_view message) {
  return base::clean_utf8(message.substr(0, note_max));
}

}  // namespace

void Rate::add(double count, std::chrono::steady_clock::time_point now) {
  value_ = per_minute(now) + count * 60 / rate_memory_seconds;
  at_ = now;
}

double Rate::per_minute(std::chrono::steady_clock::time_point now) const {
  const std::chrono::duration<double> passed = now - at_;
  return value_ * std::exp(-passed.count() / rate_memory_seconds);
}

bool is_in_part(const Mention& mention, const AuthorPart& part) {
  if (part.of == 1) return true;
  std::uint64_t hash = 14695981039346656037U;
  for (const char byte : mention.author.empty() ? mention.id : mention.author) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  }
  return (hash ^ hash >> 32) % part.of == part.index;
}

Runner::Reading::Reading(Runner& runner, const Source& source, SourceRow row, AuthorPart part,
                         jobs::Lease lease, Standing& standing)
    : runner_(runner),
      source_(source),
      row_(std::move(row)),
      part_(std::move(part)),
      lease_(std::move(lease)),
      standing_(standing),
      run_(base::make_uuid7()),
      asked_at_(row_.fetch_at),
      wake_(runner.executor_),
      supervisor_(runner.executor_) {}

void Runner::Reading::start() {
  supervisor_.start_once("source " + source_.about().id, [this] { return work(); });
}

io::Task<> Runner::Reading::stop() {
  supervisor_.stop();
  co_await supervisor_.join();
}

bool Runner::Reading::lease_ran_out() const { return runner_.clock_.now() >= lease_.until; }

void Runner::Reading::wake_if_asked(const std::optional<base::Instant>& fetch_at) {
  if (!fetch_at || fetch_at == asked_at_) return;
  asked_at_ = fetch_at;
  wake_.notify();
}

SourceStatus Runner::Reading::status() const {
  SourceStatus status = status_;
  const double rate = rate_.per_minute(std::chrono::steady_clock::now());
  status.mentions_per_minute = rate < 0.05 ? 0 : std::round(rate * 10) / 10;
  if (status.state == SourceState::connected) status.message = note_;
  return status;
}

io::Task<> Runner::Reading::work() {
  auto backoff = runner_.options_.backoff_min;
  for (;;) {
    const auto started = std::chrono::steady_clock::now();
    const Attempt ended = co_await attempt();
    if (ended.ending == Ending::finished) {
      status_.state = SourceState::waiting;
      status_.message = "Read to its end.";
      co_return;
    }
    if (std::chrono::steady_clock::now() - started > runner_.options_.stable_after) {
      backoff = runner_.options_.backoff_min;
    }
    const auto wait = settle(ended, backoff);
    backoff = std::min(backoff * 2, runner_.options_.backoff_max);
    if (ended.ending == Ending::asked_to_wait) {
      co_await io::sleep_for(wait);
    } else {
      co_await wake_.wait_for(wait);
    }
  }
}

// How long to wait before the next attempt.
std::chrono::milliseconds Runner::Reading::settle(const Attempt& ended,
                                                  std::chrono::milliseconds backoff) {
  ++status_.errors;
  errors_total().add({source_.about().id});
  const bool asked = ended.ending == Ending::asked_to_wait;
  status_.state = asked ? SourceState::waiting : SourceState::failing;
  status_.message = printable(ended.reason);
  base::log_warn("source_unavailable", {{"source.id", json::value(row_.id)},
                                        {"source.type", json::value(row_.type)},
                                        {"error.message", json::value(status_.message)}});
  return std::max(with_jitter(backoff), ended.wait);
}

io::Task<Runner::Reading::Attempt> Runner::Reading::attempt() {
  SourceContext context = runner_.context_;
  context.wake = &wake_;
  Attempt attempt;
  // What is invented begins again from nothing.
  if (source_.about().generated) {
    run_ = base::make_uuid7();
    recent_ = RecentIds();
  }
  try {
    const auto settings = check_source_settings(source_, row_.settings);
    if (!settings)
      throw base::Unavailable("Its settings must be changed: " + settings.error().message);
    co_await source_.read(context, *settings, standing_.cursor, *this);
  } catch (const AskedToWait& asked) {
    attempt = {Ending::asked_to_wait, asked.what(), asked.after};
  } catch (const std::exception& error) {
    if (io::is_cancelled(error)) throw;
    attempt = {Ending::failed, error.what()};
  }
  co_return attempt;
}

void Runner::Reading::connected() {
  if (status_.state == SourceState::connected) return;
  status_.state = SourceState::connected;
  status_.message.clear();
}

void Runner::Reading::note(std::string message) { note_ = printable(message); }

// The usable mentions that were not seen lately; counts the others.
std::vector<Mention> Runner::Reading::sift(Batch& batch) {
  const auto now = runner_.clock_.now();
  std::vector<Mention> fit;
  fit.reserve(batch.mentions.size());
  std::set<std::string_view> in_batch;
  for (Mention& mention : batch.mentions) {
    if (!is_in_part(mention, part_)) continue;
    if (!make_fit(mention, now, source_.about().separate)) {
      ++batch.rejected;
    } else if (!recent_.contains(mention.id)) {
      if (mention.language.empty() && !source_.about().separate) {
        mention.language = languages_.detect(mention.text, now);
      }
      fit.push_back(std::move(mention));
    }
  }
  std::erase_if(fit, [&](const Mention& mention) { return !in_batch.insert(mention.id).second; });
  status_.rejected += batch.rejected;
  if (batch.rejected > 0) {
    rejected_total().add({source_.about().id}, static_cast<double>(batch.rejected));
  }
  return fit;
}

io::Task<> Runner::Reading::take(Batch batch) {
  if (lease_ran_out()) throw base::Unavailable("The lease ran out.");
  connected();
  Delivery delivery{.source = part_.id,
                    .type = row_.type,
                    .run = run_,
                    .separate = source_.about().separate,
                    .generated = source_.about().generated,
                    .weight = row_.weight,
                    .mentions = sift(batch),
                    .gone = std::move(batch.gone)};
  std::vector<std::string> ids;
  std::optional<base::Instant> newest;
  for (const Mention& mention : delivery.mentions) {
    ids.push_back(mention.id);
    newest = std::max(newest.value_or(mention.at), mention.at);
  }
  delivery.counted = [this, ids = std::move(ids), cursor = std::move(batch.cursor), newest] {
    counted(ids, cursor, newest);
  };
  if (delivery.mentions.empty() && delivery.gone.empty()) {
    delivery.counted();
    co_return;
  }
  co_await runner_.consumer_(std::move(delivery));
}

void Runner::Reading::counted(const std::vector<std::string>& ids, const std::string& cursor,
                              std::optional<base::Instant> newest) {
  for (const std::string& id : ids) recent_.add(id);
  if (!cursor.empty()) standing_.cursor = cursor;
  if (ids.empty()) return;
  const auto count = static_cast<double>(ids.size());
  status_.mentions += static_cast<std::int64_t>(ids.size());
  rate_.add(count, std::chrono::steady_clock::now());
  mentions_total().add({source_.about().id}, count);
  status_.last_mention_at = runner_.clock_.now();
  if (source_.about().polled || source_.about().separate) return;
  status_.lag_seconds = std::max(0.0, base::to_seconds(runner_.clock_.now() - *newest));
  lag_seconds().set({source_.about().id}, *status_.lag_seconds);
}

}  // namespace trends
