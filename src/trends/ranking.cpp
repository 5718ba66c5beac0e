#include "trends/ranking.h"

#include "trends/surprise.h"

#include <algorithm>

namespace trends {

namespace {

constexpr double record_part = 0.7;  // of its record that a topic is expected to reach at any time
constexpr double record_half_life = 32;  // days
constexpr double slot_weight = 0.05;  // of the past that a time of day needs before it is believed
// A topic that was never seen in a past as long as the window may well have had so many authors in
// it.
constexpr double unseen_authors = 2;
constexpr double window_per_past_max =
    3;  // a window is compared with a past of at least a third of its traffic
constexpr Step period_steps = 144;  // half a day
// A long window is evidence of an older story: of equal surprise the younger one comes first.
constexpr std::array<double, window_count> window_weight = {1, 1, 1, 0.95, 0.85, 0.7};

double half_life_steps(Kind kind) { return (kind == Kind::link ? 8 : 4) * 12; }

// The topic's usual share of the stream at this time of day, at least its usual share of the whole
// day.
double usual_share(const Record& record, const StreamView& stream, double share,
                   std::size_t window) {
  double best = share;
  const double weight = slot_weight * stream.past + 0.5 * stream.day + 1;
  const std::uint32_t last = half_hour_of(stream.now);
  const std::uint32_t first = half_hour_of(stream.now - std::min<Step>(window_steps[window], 36));
  for (const std::uint32_t half_hour : {first, last}) {
    const std::size_t slot = Timeline::slot_of(half_hour);
    const double in_slot =
        (record.timeline.past_in_slot(slot) + share * weight) / (stream.slot_past[slot] + weight);
    best = std::max(best, window_steps[window] > 72 ? share : in_slot);
  }
  return best;
}

double expected_authors(const Record& record, const StreamView& stream,
                        const Timeline::Windows& windows, double day, std::size_t window) {
  const double active = stream.windows[window].authors;
  const double active_before = stream.past + std::max(0.0, stream.day - active);
  const double authors_before =
      record.timeline.past() + std::max(0.0, day - windows[window].authors);
  // Too little to compare with: nothing is surprising.
  if (active_before * window_per_past_max <= active) return windows[window].authors;
  const double unknown = 0.5 + unseen_authors * active / active_before;
  const double share = usual_share(record, stream, authors_before / active_before, window);
  const double by_record = record_part * record.share_record[window] * active;
  return std::max(share * active, by_record) + unknown;
}

void turn_period(Record& record, Step now) {
  const std::uint32_t period = now / period_steps;
  if (period == record.period) return;
  const double passed = period - record.period;
  const double fade = decay(passed / 2, record_half_life);
  for (std::size_t i = 0; i < window_count; ++i) {
    const float done =
        passed > 1 ? std::max(record.share_now[i], record.share_before[i]) : record.share_before[i];
    record.share_record[i] = std::max(static_cast<float>(record.share_record[i] * fade), done);
    record.share_before[i] = passed > 1 ? 0 : record.share_now[i];
    record.share_now[i] = 0;
  }
  record.period = period;
}

}  // namespace

StreamView::StreamView(const Stream& stream)
    : now(stream.timeline().now()),
      windows(stream.timeline().windows()),
      day(stream.timeline().day_authors()),
      past(stream.timeline().past()) {
  for (std::size_t i = 0; i < slot_past.size(); ++i)
    slot_past[i] = stream.timeline().past_in_slot(i);
}

std::optional<Peak> evaluate(Record& record, double grain, const StreamView& stream,
                             double min_authors) {
  const double day = record.timeline.day_authors();
  if (day < min_authors) return std::nullopt;
  turn_period(record, stream.now);
  const Timeline::Windows windows = record.timeline.windows();
  Peak best{.step = stream.now};
  for (std::size_t i = 0; i < window_count; ++i) {
    // A sampled count may overshoot; the posts bound it.
    const double observed = std::min(windows[i].authors, windows[i].posts);
    if (observed < min_authors || (i > 0 && windows[i].authors == windows[i - 1].authors)) continue;
    const double expected = expected_authors(record, stream, windows, day, i);
    const double active = std::max<double>(stream.windows[i].authors, 1);
    record.share_now[i] = std::max(record.share_now[i], static_cast<float>(observed / active));
    const double score =
        window_weight[i] * surprise(observed / grain, expected / grain) * std::log1p(observed);
    if (score <= best.score) continue;
    best.score = static_cast<float>(score);
    best.authors = static_cast<float>(observed);
    best.posts = windows[i].posts;
    best.expected = static_cast<float>(expected);
    best.window = static_cast<std::uint32_t>(i);
  }
  if (best.score <= 0) return std::nullopt;
  if (best.score >= faded_score(record.peak, record.kind, stream.now)) record.peak = best;
  return best;
}

double faded_score(const Peak& peak, Kind kind, Step now) {
  if (peak.score <= 0) return 0;
  return peak.score * decay(now - std::min(now, peak.step), half_life_steps(kind));
}

}  // namespace trends
