#include "base/time.h"

#include <gtest/gtest.h>

namespace base {
namespace {

std::string reformat(std::string_view text) {
  const auto instant = parse_rfc3339(text);
  return instant ? format_rfc3339(*instant) : "none";
}

TEST(Rfc3339, ReadsOffsetsAndFractions) {
  EXPECT_EQ(reformat("2026-11-23T09:00:00Z"), "2026-11-23T09:00:00Z");
  EXPECT_EQ(reformat("2026-11-23T09:00:00+01:00"), "2026-11-23T08:00:00Z");
  EXPECT_EQ(reformat("2026-11-23t09:00:00.5-00:30"), "2026-11-23T09:30:00.5Z");
  EXPECT_EQ(reformat("2026-11-23T09:00:00.123456789Z"), "2026-11-23T09:00:00.123456Z");
  EXPECT_EQ(reformat("2016-12-31T23:59:60Z"), "2016-12-31T23:59:59Z");
}

TEST(Rfc3339, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "2026-11-23", "2026-11-23T09:00:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-23T24:00:00Z", "2026-11-23T09:00:00Zx", "2026-11-23T09:00Z",
        "0000-01-01T00:00:00Z", "2026-11-23T09:00:00.Z", "2026-11-23T09:00:00+0100"}) {
    EXPECT_EQ(reformat(text), "none") << text;
  }
}

TEST(HttpDate, IsRfc1123) {
  EXPECT_EQ(format_http_date(*parse_rfc3339("1994-11-06T08:49:37Z")),
            "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Rfc822, ReadsWhatFeedsWrite) {
  const auto read = [](std::string_view text) {
    const auto instant = parse_rfc822(text);
    return instant ? format_rfc3339(*instant) : "none";
  };
  EXPECT_EQ(read("Mon, 23 Nov 2026 09:00:00 GMT"), "2026-11-23T09:00:00Z");
  EXPECT_EQ(read("23 Nov 26 09:00 +0100"), "2026-11-23T08:00:00Z");
  EXPECT_EQ(read("Monday, 23-Nov-26 09:00:00 EST"), "2026-11-23T14:00:00Z");
  EXPECT_EQ(read("Mon, 3 Nov 2026"), "2026-11-03T00:00:00Z");
  EXPECT_EQ(read("yesterday"), "none");
  EXPECT_EQ(read("Mon, 33 Nov 2026 09:00:00 GMT"), "none");
}

TEST(WallTime, IsRightAcrossDaylightSaving) {
  const auto at = [](std::string_view local, std::string_view zone) {
    const auto instant = from_wall_time(local, zone);
    return instant ? format_rfc3339(*instant) : "none";
  };
  EXPECT_EQ(at("2026-07-01T09:00", "Europe/Paris"), "2026-07-01T07:00:00Z");
  EXPECT_EQ(at("2026-12-01T09:00:30", "Europe/Paris"), "2026-12-01T08:00:30Z");
  // The gap of 29 March 2026: 02:30 does not exist and moves forward to 03:30.
  EXPECT_EQ(at("2026-03-29T02:30", "Europe/Paris"), "2026-03-29T01:30:00Z");
  EXPECT_EQ(to_wall_time(*parse_rfc3339("2026-03-29T01:30:00Z"), "Europe/Paris"),
            "2026-03-29T03:30:00");
  // The overlap of 25 October 2026: 02:30 happens twice, the first counts.
  EXPECT_EQ(at("2026-10-25T02:30", "Europe/Paris"), "2026-10-25T00:30:00Z");
  EXPECT_EQ(at("2026-10-25T02:30", "Mars/Olympus"), "none");
  EXPECT_EQ(at("2026-10-25T02:30Z", "Europe/Paris"), "none");
  EXPECT_FALSE(is_time_zone("../etc/passwd"));
  EXPECT_TRUE(is_time_zone("America/New_York"));
}

}  // namespace
}  // namespace base
