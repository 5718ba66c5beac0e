#include "posts/recurrence.h"

#include "base/check.h"
#include "base/json.h"
#include "posts/rule_text.h"
#include "posts/when.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <libical/ical.h>

namespace posts {

namespace {

// Distances are looked at between so many occurrences when a rule is given.
constexpr std::size_t looked_at = 500;
constexpr std::chrono::days start_past_max{366};
constexpr std::chrono::days start_future_max{5 * 366};
// A rule whose next occurrence lies beyond is over.
constexpr int years_max = 30;

std::string to_wall(const icaltimetype& time) {
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", time.year, time.month, time.day,
                     time.hour, time.minute, time.second);
}

// A wall time as if it were in UTC: for arithmetic on the wall.
base::Instant as_if_utc(std::string_view wall) {
  const auto instant = base::from_wall_time(wall, "UTC");
  CHECK(instant.has_value());
  return *instant;
}

icaltimetype to_ical(std::string_view wall) {
  const auto number = [wall](std::size_t at, std::size_t length) {
    return std::atoi(std::string(wall.substr(at, length)).c_str());
  };
  icaltimetype time = icaltime_null_time();
  time.year = number(0, 4);
  time.month = number(5, 2);
  time.day = number(8, 2);
  time.hour = number(11, 2);
  time.minute = number(14, 2);
  time.second = number(17, 2);
  return time;
}

// "2026-11-23T09:00" and with seconds, as the latter.
std::optional<std::string> full_wall(std::string wall) {
  if (wall.size() == 16) wall += ":00";
  if (wall.size() != 19 || !base::from_wall_time(wall, "UTC")) return std::nullopt;
  wall[10] = 'T';
  return wall;
}

icalrecurrencetype parsed(const Recurrence& rule) {
  icalrecurrencetype recur = icalrecurrencetype_from_string(rule.rrule.c_str());
  if (icaltime_is_null_time(recur.until)) return recur;
  if (recur.until.is_date != 0) {
    recur.until.is_date = 0;
    recur.until.hour = 23;
    recur.until.minute = 59;
    recur.until.second = 59;
  } else if (icaltime_is_utc(recur.until) != 0) {
    // Given as an instant, meant on the wall.
    recur.until = to_ical(base::to_wall_time(as_if_utc(to_wall(recur.until)), rule.time_zone));
  }
  return recur;
}

// For weeks libical wants to begin on a day of the rule; it picks a wrong week otherwise. So it
// begins with the first such day of the week of the start, and what lies before the start is left
// out.
icaltimetype begin_of(const icalrecurrencetype& recur, icaltimetype start) {
  if (recur.freq != ICAL_WEEKLY_RECURRENCE || recur.by_day[0] == ICAL_RECURRENCE_ARRAY_MAX) {
    return start;
  }
  const auto in_week = [&recur](int day) { return (day - recur.week_start + 7) % 7; };
  int first = 6;
  for (const short* day = recur.by_day; *day != ICAL_RECURRENCE_ARRAY_MAX; ++day) {
    first = std::min(first, in_week(icalrecurrencetype_day_day_of_week(*day)));
  }
  icaltime_adjust(&start, first - in_week(icaltime_day_of_week(start)), 0, 0, 0);
  // Not after the first time of that day.
  if (recur.by_hour[0] != ICAL_RECURRENCE_ARRAY_MAX) start.hour = 0;
  if (recur.by_minute[0] != ICAL_RECURRENCE_ARRAY_MAX) start.minute = 0;
  return start;
}

// Goes through the wall times of a rule, in order, without those that are skipped.
class Walk {
 public:
  explicit Walk(const Recurrence& rule)
      : starts_(rule.starts), skipped_(rule.skipped.begin(), rule.skipped.end()) {
    const icaltimetype start = to_ical(rule.starts);
    last_year_ = start.year + years_max;
    icalrecurrencetype recur = parsed(rule);
    // Counted here: of what lies before the start libical would count too.
    if (recur.count > 0) left_ = std::exchange(recur.count, 0);
    iterator_.reset(icalrecur_iterator_new(recur, begin_of(recur, start)));
  }

  std::optional<std::string> next() {
    while (iterator_ && left_ > 0) {
      const icaltimetype time = icalrecur_iterator_next(iterator_.get());
      if (icaltime_is_null_time(time) || time.year > last_year_) return std::nullopt;
      std::string wall = to_wall(time);
      if (wall < starts_) continue;
      --left_;
      if (!skipped_.contains(wall) && !skipped_.contains(wall.substr(0, 10))) return wall;
    }
    return std::nullopt;
  }

 private:
  struct Free {
    void operator()(icalrecur_iterator* iterator) const { icalrecur_iterator_free(iterator); }
  };

  std::string starts_;
  std::set<std::string> skipped_;
  std::unique_ptr<icalrecur_iterator, Free> iterator_;
  int last_year_ = 0;
  int left_ = std::numeric_limits<int>::max();
};

OccurrenceTime time_of(std::string local, base::Instant at, const std::string& zone) {
  const auto offset = std::chrono::floor<std::chrono::seconds>(
      as_if_utc(base::to_wall_time(at, zone)) - at + base::Duration{0});
  std::string note = clock_note(local, zone);
  return {.local = std::move(local), .at = at, .offset = offset, .note = std::move(note)};
}

std::vector<base::FieldError> normalise(Recurrence& rule, base::Instant now) {
  std::vector<base::FieldError> errors;
  if (!base::is_time_zone(rule.time_zone)) {
    errors.push_back({"repeat.time_zone", "is not an IANA time zone such as Europe/Paris"});
  }
  if (auto wall = full_wall(rule.starts)) {
    rule.starts = *wall;
    const base::Instant start = as_if_utc(*wall);
    if (start < now - start_past_max) {
      errors.push_back({"repeat.local", "is more than a year ago"});
    }
    if (start > now + start_future_max) {
      errors.push_back({"repeat.local", "is more than five years away"});
    }
  } else {
    errors.push_back({"repeat.local", "is not a wall time such as 2026-11-23T09:00"});
  }
  for (std::string& day : rule.skipped) {
    const bool whole_day = day.size() == 10 && base::from_wall_time(day + "T00:00:00", "UTC");
    if (whole_day) continue;
    if (auto wall = full_wall(day)) {
      day = *wall;
    } else {
      errors.push_back({"repeat.exdates", "holds something that is neither a day nor a wall time"});
      break;
    }
  }
  return errors;
}

// Of the first occurrences: how near two of them are on the wall.
std::optional<base::Duration> nearest(const Recurrence& rule) {
  Walk walk(rule);
  std::optional<base::Duration> least;
  std::optional<base::Instant> last;
  for (std::size_t i = 0; i < looked_at; ++i) {
    const auto wall = walk.next();
    if (!wall) break;
    const base::Instant at = as_if_utc(*wall);
    if (last) least = std::min(least.value_or(at - *last), at - *last);
    last = at;
  }
  return least;
}

}  // namespace

base::Result<Recurrence> checked_recurrence(Recurrence rule, base::Instant now) {
  auto errors = normalise(rule, now);
  auto text = checked_rule_text(rule.rrule);
  if (!text) {
    errors.push_back(text.error().fields.at(0));
  } else {
    rule.rrule = *text;
    if (icalrecurrencetype_from_string(rule.rrule.c_str()).freq == ICAL_NO_RECURRENCE) {
      errors.push_back({"repeat.rrule", "is not a rule of RFC 5545: a value is out of its range"});
    }
  }
  if (!errors.empty()) return base::invalid(std::move(errors));
  if (!Walk(rule).next()) return base::invalid("repeat.rrule", "never happens");
  const auto distance = nearest(rule);
  if (distance && *distance < occurrences_apart_min) {
    return base::invalid(
        "repeat.rrule",
        fmt::format("happens every {} minutes at times; the least distance is {} minutes",
                    std::chrono::floor<std::chrono::minutes>(*distance).count(),
                    occurrences_apart_min.count()));
  }
  return rule;
}

io::Task<base::Result<Recurrence>> check_rule(Recurrence rule, base::Instant now) {
  co_return co_await io::offload(
      [rule = std::move(rule), now] { return checked_recurrence(rule, now); });
}

std::vector<OccurrenceTime> occurrences(const Recurrence& rule, std::string_view after,
                                        std::size_t count) {
  std::vector<OccurrenceTime> found;
  std::set<base::Instant> taken;
  // Two wall times are one instant only in the night of a clock change.
  std::string near;
  if (!after.empty()) near = base::to_wall_time(as_if_utc(after) - std::chrono::days{1}, "UTC");
  Walk walk(rule);
  while (found.size() < count) {
    auto wall = walk.next();
    if (!wall) break;
    if (*wall < near) continue;
    const auto at = base::from_wall_time(*wall, rule.time_zone);
    if (!at || !taken.insert(*at).second || *wall <= after) continue;
    found.push_back(time_of(std::move(*wall), *at, rule.time_zone));
  }
  return found;
}

base::Result<Recurrence> read_recurrence(const json::object& object, std::string zone) {
  const json::value value(object);
  base::JsonReader in(value, "repeat");
  Recurrence rule{.starts = in.text("local", {.min = 1, .max = 32}),
                  .rrule = in.text("rrule", {.min = 1, .max = 2 * rrule_size_max}),
                  .time_zone = in.optional_text("time_zone", {.max = 64}).value_or(""),
                  .skipped = in.texts("exdates", skipped_max, {.min = 1, .max = 32})};
  if (rule.time_zone.empty()) rule.time_zone = std::move(zone);
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return rule;
}

json::object to_json(const Recurrence& rule) {
  json::array skipped;
  for (const std::string& day : rule.skipped) skipped.emplace_back(day);
  return {{"local", rule.starts},
          {"rrule", rule.rrule},
          {"time_zone", rule.time_zone},
          {"exdates", std::move(skipped)}};
}

json::object to_json(const OccurrenceTime& occurrence) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(occurrence.offset).count();
  json::value note;
  if (!occurrence.note.empty()) note = occurrence.note;
  return {{"local", occurrence.local},
          {"offset", fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                                 std::abs(minutes) % 60)},
          {"at", base::format_rfc3339(occurrence.at)},
          {"note", std::move(note)}};
}

}  // namespace posts
