// Instants, RFC 3339 text and the clock door.
//
// An Instant is a point in UTC with microseconds; the database stores it as a 64-bit count. Nothing
// reads the system clock but SystemClock, so every rule about time can be tested with a
// VirtualClock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

using Duration = std::chrono::microseconds;
using Instant = std::chrono::sys_time<Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
};

// Stands still until a test moves it. Not for use by several threads.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Instant start) : now_(start) {}
  Instant now() const override { return now_; }
  void advance(Duration step) { now_ += step; }
  void set(Instant now) { now_ = now; }

 private:
  Instant now_;
};

inline std::int64_t to_micros(Instant instant) { return instant.time_since_epoch().count(); }
inline Instant from_micros(std::int64_t micros) { return Instant{Duration{micros}}; }

// Seconds since the epoch as a fraction, for metrics and JSON numbers.
inline double to_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// "2026-11-23T09:00:00Z", with a fraction ("...00.123456Z") only when there is one. RFC 3339
// section 5.6.
std::string format_rfc3339(Instant instant);

// Accepts any offset and up to nine fractional digits (cut to six); needs one (no naive local
// times). Years 1..9999; a leap second reads as the second before.
std::optional<Instant> parse_rfc3339(std::string_view text);

// RFC 1123 date of HTTP headers, as in "Mon, 23 Nov 2026 09:00:00 GMT".
std::string format_http_date(Instant instant);

// RFC 822 dates as feeds write them: two-digit years, missing seconds, named or numeric zones, no
// weekday.
std::optional<Instant> parse_rfc822(std::string_view text);

// The zone exists in the IANA database of this machine ("Europe/Paris").
bool is_time_zone(std::string_view name);

// Wall-clock time in a zone ("2026-10-25T02:30:00") as an instant: a gap moves forward by its
// length, an overlap takes the first of the two. Nothing if the zone or the text is wrong.
std::optional<Instant> from_wall_time(std::string_view local, std::string_view zone);

// The wall-clock time of an instant in a zone, "2026-11-23T10:00:00"; UTC if the zone is unknown.
std::string to_wall_time(Instant instant, std::string_view zone);

}  // namespace base
