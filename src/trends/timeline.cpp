#include "trends/timeline.h"

#include "trends/surprise.h"

#include <algorithm>

namespace trends {

template <class Cell>
void TimelineOf<Cell>::add(Step step, Amount amount) {
  const auto into = [&](Cell& cell) {
    const Amount before = cell;
    cell = Amount{.authors = before.authors + amount.authors, .posts = before.posts + amount.posts};
  };
  if (step + recent_steps > now_) into(recent_[step % recent_steps]);
  if (half_hour_of(step) + day_half_hours > half_hour_of(now_))
    into(day_[half_hour_of(step) % day_half_hours]);
}

template <class Cell>
void TimelineOf<Cell>::advance(Step step, double half_life) {
  if (step <= now_) return;
  const Step cleared = std::min<Step>(step - now_, recent_steps);
  for (Step i = 0; i < cleared; ++i) recent_[(step - i) % recent_steps] = Amount{};

  const std::uint32_t from = half_hour_of(now_);
  const std::uint32_t to = half_hour_of(step);
  if (to > from) {
    const auto fade = static_cast<float>(decay(to - from, half_life));
    past_ *= fade;
    for (auto& slot : slot_past_) slot *= fade;
    const std::uint32_t leaving = std::min<std::uint32_t>(to - from, day_half_hours);
    for (std::uint32_t i = 1; i <= leaving; ++i) {
      Cell& cell = day_[(from + i) % day_half_hours];
      if (const Amount amount = cell; amount.authors > 0) {
        const std::uint32_t left = from + i - day_half_hours;
        const auto kept = amount.authors * static_cast<float>(decay(to - from - i, half_life));
        past_ += kept;
        slot_past_[slot_of(left)] += kept;
      }
      cell = Amount{};
    }
  }
  now_ = step;
}

template <class Cell>
TimelineOf<Cell>::Windows TimelineOf<Cell>::windows() const {
  Windows sums{};
  const auto add_to = [](Amount& sum, const Amount& cell) {
    sum.authors += cell.authors;
    sum.posts += cell.posts;
  };
  for (Step i = 0; i < recent_steps; ++i) {
    const Amount cell = recent_[(now_ - i) % recent_steps];
    if (i < window_steps[0]) add_to(sums[0], cell);
    add_to(sums[1], cell);
  }
  Amount sum{};
  std::size_t window = 2;
  for (std::uint32_t i = 0; i < day_half_hours; ++i) {
    add_to(sum, half_hour(half_hour_of(now_) - i));
    if ((i + 1) * steps_per_half_hour == window_steps[window]) sums[window++] = sum;
  }
  return sums;
}

template <class Cell>
double TimelineOf<Cell>::day_authors() const {
  float sum = 0;
  for (const Amount cell : day_) sum += cell.authors;
  return sum;
}

template <class Cell>
void TimelineOf<Cell>::add_past(double authors) {
  past_ += static_cast<float>(authors);
  for (auto& slot : slot_past_) slot += static_cast<float>(authors / slots);
}

template class TimelineOf<CompactAmount>;
template class TimelineOf<Amount>;

}  // namespace trends
