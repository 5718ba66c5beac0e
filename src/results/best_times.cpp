#include "results/best_times.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

namespace results {

namespace {

using namespace std::chrono;

// So many average posts stand beside those that were counted.
constexpr double drawn_by = 4;
constexpr std::size_t posts_of_an_hour_min = 2;

struct Cell {
  std::size_t posts = 0;
  double sum = 0;

  double above(double average) const {
    return (sum - average * static_cast<double>(posts)) / (static_cast<double>(posts) + drawn_by);
  }
};

struct Place {
  int weekday = 1;
  int hour = 0;
};

Place place_of(base::Instant at, const std::string& zone) {
  const std::string wall = base::to_wall_time(at, zone);
  const year_month_day day{year{std::stoi(wall.substr(0, 4))},
                           month{static_cast<unsigned>(std::stoi(wall.substr(5, 2)))},
                           std::chrono::day{static_cast<unsigned>(std::stoi(wall.substr(8, 2)))}};
  return {.weekday = static_cast<int>(weekday{sys_days{day}}.iso_encoding()),
          .hour = std::stoi(wall.substr(11, 2))};
}

base::Instant next_of(const BestTime& time, const std::string& zone, base::Instant now) {
  for (int ahead = 0; ahead <= 8; ++ahead) {
    const std::string date = base::to_wall_time(now + days{ahead}, zone).substr(0, 10);
    const auto at = base::from_wall_time(fmt::format("{}T{:02}:00:00", date, time.hour), zone);
    if (at && *at > now && place_of(*at, zone).weekday == time.weekday) return *at;
  }
  return now;
}

}  // namespace

std::vector<BestTime> best_times(const std::vector<Outcome>& outcomes, const std::string& time_zone,
                                 base::Instant now) {
  if (outcomes.size() < posts_min) return {};
  std::array<Cell, 24> hours;
  std::array<Cell, 8> weekdays;
  double average = 0;
  for (const Outcome& outcome : outcomes) {
    // One post that everybody has seen does not decide alone.
    const double score = std::log1p(static_cast<double>(outcome.reactions));
    const Place place = place_of(outcome.published_at, time_zone);
    average += score / static_cast<double>(outcomes.size());
    for (Cell* cell : {&hours.at(static_cast<std::size_t>(place.hour)),
                       &weekdays.at(static_cast<std::size_t>(place.weekday))}) {
      ++cell->posts;
      cell->sum += score;
    }
  }
  const auto best_day = std::max_element(
      weekdays.begin() + 1, weekdays.end(),
      [&](const Cell& a, const Cell& b) { return a.above(average) < b.above(average); });
  std::vector<BestTime> best;
  for (std::size_t hour = 0; hour < hours.size(); ++hour) {
    const double gain = hours[hour].above(average) + best_day->above(average);
    if (hours[hour].posts < posts_of_an_hour_min || hours[hour].above(average) <= 0) continue;
    BestTime time{.weekday = static_cast<int>(best_day - weekdays.begin()),
                  .hour = static_cast<int>(hour),
                  .posts = hours[hour].posts,
                  .percent = static_cast<int>(std::lround(std::expm1(gain) * 100)),
                  .next = {}};
    time.next = next_of(time, time_zone, now);
    best.push_back(time);
  }
  std::ranges::sort(best, [](const BestTime& a, const BestTime& b) {
    return std::tie(b.percent, a.hour) < std::tie(a.percent, b.hour);
  });
  if (best.size() > best_times_max) best.resize(best_times_max);
  return best;
}

}  // namespace results
