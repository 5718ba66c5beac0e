#include "posts/when.h"

#include "base/text.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace posts {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

std::string with_seconds(std::string_view local) {
  return std::string(local) + (local.size() == 16 ? ":00" : "");
}

base::Result<base::Instant> instant_of(const When& when, const std::string& zone) {
  if (when.at && when.local) return base::invalid("when.local", "give `at` or `local`, not both");
  if (when.at) return *when.at;
  if (!when.local) return base::invalid("when.at", "is missing: give `at`, or `local`");
  if (!base::is_time_zone(zone)) {
    return base::invalid("when.time_zone", "is not an IANA time zone such as Europe/Paris");
  }
  auto instant = base::from_wall_time(with_seconds(*when.local), zone);
  if (!instant) return base::invalid("when.local", "is not a wall time such as 2026-11-23T09:00");
  return *instant;
}

// The calendar day on the wall at an instant.
sys_days local_day(base::Instant instant, const std::string& zone) {
  const std::string wall = base::to_wall_time(instant, zone);
  const auto number = [&wall](std::size_t at, std::size_t length) {
    return std::atoi(wall.substr(at, length).c_str());
  };
  return sys_days{year_month_day{std::chrono::year{number(0, 4)},
                                 std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                 std::chrono::day{static_cast<unsigned>(number(8, 2))}}};
}

std::optional<base::Instant> on_day(const SlotTime& slot, sys_days day) {
  const char weekday = static_cast<char>('0' + std::chrono::weekday{day}.iso_encoding());
  if (slot.weekdays.find(weekday) == std::string::npos) return std::nullopt;
  const year_month_day date{day};
  return base::from_wall_time(fmt::format("{:04}-{:02}-{:02}T{}:00", static_cast<int>(date.year()),
                                          static_cast<unsigned>(date.month()),
                                          static_cast<unsigned>(date.day()), slot.time_of_day),
                              slot.time_zone);
}

}  // namespace

base::Result<std::optional<base::Instant>> resolve(const When& when, std::string zone_of_workspace,
                                                   base::Instant now) {
  if (when.type == WhenType::draft || when.type == WhenType::next_slot) return std::nullopt;
  if (when.type == WhenType::now) return now;
  auto instant = instant_of(when, when.time_zone.empty() ? zone_of_workspace : when.time_zone);
  if (!instant) return std::unexpected(instant.error());
  const std::string field = when.at ? "when.at" : "when.local";
  if (*instant < now - past_tolerance) {
    return base::invalid(field, "is in the past: " + base::format_rfc3339(*instant));
  }
  if (*instant > now + future_max) return base::invalid(field, "is more than five years away");
  return std::max(*instant, now);
}

std::vector<base::Instant> slot_instants(const std::vector<SlotTime>& slots, base::Instant after,
                                         std::size_t count, int days_ahead) {
  if (slots.empty()) return {};
  std::set<base::Instant> instants;
  // Zones differ by up to 26 hours: start a day early, and go on for two days after there seem to
  // be enough, because a later day of one zone may come before an earlier day of another.
  const std::size_t enough = count + slots.size() * 3;
  for (int day = -1; day <= days_ahead + 1 && instants.size() < enough; ++day) {
    for (const SlotTime& slot : slots) {
      auto instant = on_day(slot, local_day(after, slot.time_zone) + days{day});
      if (instant && *instant > after) instants.insert(*instant);
    }
  }
  std::vector<base::Instant> first(instants.begin(), instants.end());
  if (first.size() > count) first.resize(count);
  return first;
}

std::string clock_note(std::string_view local, const std::string& zone) {
  const auto meant = base::from_wall_time(with_seconds(local), zone);
  if (!meant) return {};
  const base::Instant at = *meant;
  const auto time_of_day = [](std::string_view wall) { return wall.substr(11, 5); };
  const std::string shown = base::to_wall_time(at, zone);
  if (time_of_day(shown) != time_of_day(local)) {
    return fmt::format("{} does not exist on that day: the clock goes forward. It goes out at {}.",
                       time_of_day(local), time_of_day(shown));
  }
  // What the clock goes back by within a day comes twice.
  const auto offset = [&zone](base::Instant instant) {
    return *base::from_wall_time(base::to_wall_time(instant, zone), "UTC") -
           std::chrono::floor<std::chrono::seconds>(instant);
  };
  const auto back = offset(at) - offset(at + std::chrono::hours{24});
  if (back.count() <= 0 || base::to_wall_time(at + back, zone) != shown) return {};
  return fmt::format(
      "{} comes twice on that day: the clock goes back. It goes out once, the first time.",
      time_of_day(local));
}

bool is_time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return false;
  for (std::size_t i : {0, 1, 3, 4}) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  return hour < 24 && minute < 60;
}

}  // namespace posts
