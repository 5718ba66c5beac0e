#include "base/time.h"

#include "base/text.h"

#include <array>
#include <charconv>
#include <cstdio>

#include <date/tz.h>
#include <fmt/format.h>

namespace base {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};

// Reads from the front of a text; every step fails softly.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool literal(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool one_of(std::string_view characters, char& into) {
    if (rest_.empty() || !characters.contains(rest_.front())) return false;
    into = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  bool number(std::size_t digits_min, std::size_t digits_max, int& into) {
    std::size_t count = 0;
    int value = 0;
    while (count < digits_max && count < rest_.size() && rest_[count] >= '0' &&
           rest_[count] <= '9') {
      value = value * 10 + (rest_[count] - '0');
      ++count;
    }
    if (count < digits_min) return false;
    into = value;
    rest_.remove_prefix(count);
    return true;
  }
  std::string_view word() {
    std::size_t count = 0;
    while (count < rest_.size() && ((rest_[count] | 0x20) >= 'a' && (rest_[count] | 0x20) <= 'z'))
      ++count;
    std::string_view found = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return found;
  }
  void skip_spaces() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
  }
  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

struct CivilTime {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int micros = 0;
};

std::optional<std::chrono::sys_time<Duration>> to_sys(CivilTime civil) {
  using namespace std::chrono;
  if (civil.year < 1 || civil.year > 9999) return {};
  const year_month_day date{year{civil.year}, month{static_cast<unsigned>(civil.month)},
                            day{static_cast<unsigned>(civil.day)}};
  if (!date.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 60) return {};
  const int second = std::min(civil.second, 59);
  return sys_days{date} + hours{civil.hour} + minutes{civil.minute} + seconds{second} +
         microseconds{civil.micros};
}

bool scan_date_time(Scanner& in, CivilTime& civil) {
  char separator = 0;
  return in.number(4, 4, civil.year) && in.literal('-') && in.number(2, 2, civil.month) &&
         in.literal('-') && in.number(2, 2, civil.day) && in.one_of("Tt ", separator) &&
         in.number(2, 2, civil.hour) && in.literal(':') && in.number(2, 2, civil.minute);
}

// ":30" and ".123456789", both optional when `needs_seconds` is false.
bool scan_seconds(Scanner& in, CivilTime& civil, bool needs_seconds) {
  if (!in.literal(':')) return !needs_seconds;
  if (!in.number(2, 2, civil.second)) return false;
  if (!in.literal('.')) return true;
  int factor = 100'000;
  int digit = 0;
  std::size_t count = 0;
  for (; in.number(1, 1, digit); ++count) {
    if (count >= 9) return false;
    civil.micros += digit * factor;
    factor /= 10;
  }
  return count > 0;
}

bool scan_offset(Scanner& in, minutes& offset, bool needs_colon) {
  char sign = 0;
  int hour = 0;
  int minute = 0;
  if (!in.one_of("+-", sign) || !in.number(2, 2, hour)) return false;
  if (!in.literal(':') && needs_colon) return false;
  if (!in.number(2, 2, minute) || hour > 23 || minute > 59) return false;
  offset = hours{hour} + minutes{minute};
  if (sign == '-') offset = -offset;
  return true;
}

std::optional<minutes> named_zone(std::string_view name) {
  struct Zone {
    std::string_view name;
    int hours;
  };
  static constexpr Zone zones[] = {{"UT", 0},   {"GMT", 0},  {"UTC", 0},  {"Z", 0},
                                   {"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
                                   {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
  for (const Zone& zone : zones) {
    if (equals_ignore_case(zone.name, name)) return hours{zone.hours};
  }
  return {};
}

const date::time_zone* find_zone(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.contains("..") || name.front() == '/')
    return nullptr;
  try {
    return date::locate_zone(std::string(name));
  } catch (const std::exception&) {  // the library has no other way to say "unknown name"
    return nullptr;
  }
}

}  // namespace

std::string format_rfc3339(Instant instant) {
  using namespace std::chrono;
  const auto day = floor<days>(instant);
  const year_month_day date{day};
  const hh_mm_ss<Duration> time{instant - day};
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  time.hours().count(), time.minutes().count(), time.seconds().count());
  if (const auto micros = time.subseconds().count(); micros != 0) {
    text += fmt::format(".{:06}", micros);
    while (text.back() == '0') text.pop_back();
  }
  return text + "Z";
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
  Scanner in(text);
  CivilTime civil;
  if (!scan_date_time(in, civil) || !scan_seconds(in, civil, true)) return {};
  minutes offset{0};
  char zulu = 0;
  if (!in.one_of("Zz", zulu) && !scan_offset(in, offset, true)) return {};
  if (!in.done()) return {};
  auto instant = to_sys(civil);
  if (instant) *instant -= offset;
  return instant;
}

std::string format_http_date(Instant instant) {
  using namespace std::chrono;
  const auto day = floor<days>(instant);
  const year_month_day date{day};
  const hh_mm_ss<seconds> time{floor<seconds>(instant - day)};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     day_names[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                     month_names[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

std::optional<Instant> parse_rfc822(std::string_view text) {
  Scanner in(trim(text));
  if (!in.word().empty()) {  // the weekday says nothing that the date does not
    in.literal('.');
    in.literal(',');
  }
  in.skip_spaces();
  CivilTime civil;
  if (!in.number(1, 2, civil.day)) return {};
  in.literal('-');
  in.skip_spaces();
  const std::string_view month = in.word().substr(0, 3);
  for (std::size_t index = 0; index < month_names.size(); ++index) {
    if (equals_ignore_case(month_names[index], month)) civil.month = static_cast<int>(index) + 1;
  }
  in.literal('-');
  in.skip_spaces();
  if (!in.number(2, 4, civil.year)) return {};
  if (civil.year < 100) civil.year += civil.year < 70 ? 2000 : 1900;
  in.skip_spaces();
  minutes offset{0};
  if (!in.done()) {
    if (!in.number(1, 2, civil.hour) || !in.literal(':') || !in.number(2, 2, civil.minute))
      return {};
    if (!scan_seconds(in, civil, false)) return {};
    in.skip_spaces();
    if (!in.done() && !scan_offset(in, offset, false)) {
      if (const auto zone = named_zone(in.word())) offset = *zone;
    }
  }
  auto instant = to_sys(civil);
  if (instant) *instant -= offset;
  return instant;
}

bool is_time_zone(std::string_view name) { return find_zone(name) != nullptr; }

std::optional<Instant> from_wall_time(std::string_view local, std::string_view zone) {
  const date::time_zone* found = find_zone(zone);
  Scanner in(local);
  CivilTime civil;
  if (found == nullptr || !scan_date_time(in, civil) || !scan_seconds(in, civil, false) ||
      !in.done())
    return {};
  const auto as_if_utc = to_sys(civil);
  if (!as_if_utc) return {};
  const date::local_time<Duration> wall{as_if_utc->time_since_epoch()};
  const date::local_info info = found->get_info(wall);
  // In a gap (and when unique) the offset before the change is right: 02:30 becomes 03:30. In an
  // overlap it is the first.
  return Instant{wall.time_since_epoch() - info.first.offset};
}

std::string to_wall_time(Instant instant, std::string_view zone) {
  const date::time_zone* found = find_zone(zone);
  const seconds offset =
      found == nullptr ? seconds{0} : found->get_info(std::chrono::floor<seconds>(instant)).offset;
  std::string text = format_rfc3339(std::chrono::floor<seconds>(instant) + offset);
  text.pop_back();
  return text;
}

}  // namespace base
