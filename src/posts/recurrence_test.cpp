#include "posts/recurrence.h"

#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posts {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const base::Instant now = *base::parse_rfc3339("2026-11-23T12:00:00Z");

base::Result<Recurrence> checked(std::string starts, std::string rrule, std::string zone,
                                 std::vector<std::string> skipped = {}) {
  return checked_recurrence({.starts = std::move(starts),
                             .rrule = std::move(rrule),
                             .time_zone = std::move(zone),
                             .skipped = std::move(skipped)},
                            now);
}

std::vector<OccurrenceTime> first(std::string starts, std::string rrule, std::string zone,
                                  std::size_t count = 5) {
  auto rule = checked(std::move(starts), std::move(rrule), std::move(zone));
  if (!rule) throw std::runtime_error(rule.error().message);
  return occurrences(*rule, "", count);
}

std::vector<std::string> instants(const std::vector<OccurrenceTime>& found) {
  std::vector<std::string> texts;
  for (const OccurrenceTime& each : found) texts.push_back(base::format_rfc3339(each.at));
  return texts;
}

std::vector<std::string> days(const std::vector<OccurrenceTime>& found) {
  std::vector<std::string> texts;
  for (const OccurrenceTime& each : found) texts.push_back(each.local.substr(0, 10));
  return texts;
}

std::string refusal(std::string rrule) {
  auto rule = checked("2026-11-23T09:00", std::move(rrule), "Europe/Paris");
  if (rule) return "taken";
  return rule.error().fields.at(0).field + " " + rule.error().fields.at(0).message;
}

TEST(Recurrence, StaysAtNineAcrossTheClockChangesOfParis) {
  EXPECT_THAT(instants(first("2026-10-24T09:00", "FREQ=DAILY", "Europe/Paris", 3)),
              ElementsAre("2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z", "2026-10-26T08:00:00Z"));
  EXPECT_THAT(instants(first("2027-03-27T09:00", "FREQ=DAILY", "Europe/Paris", 2)),
              ElementsAre("2027-03-27T08:00:00Z", "2027-03-28T07:00:00Z"));
}

TEST(Recurrence, AGapMovesForwardAndSaysSo) {
  const auto found = first("2027-03-27T02:30", "FREQ=DAILY", "Europe/Paris", 3);
  EXPECT_THAT(instants(found),
              ElementsAre("2027-03-27T01:30:00Z", "2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z"));
  EXPECT_THAT(found[1].note, HasSubstr("It goes out at 03:30"));
  EXPECT_EQ(found[1].local, "2027-03-28T02:30:00");
  EXPECT_EQ(found[1].offset, std::chrono::hours{2});
  EXPECT_THAT(found[0].note, IsEmpty());
  EXPECT_THAT(found[2].note, IsEmpty());
  EXPECT_THAT(base::text_at(json::value(to_json(found[1])), "/offset"), "+02:00");
}

TEST(Recurrence, AnOverlapFiresOnceTheFirstTime) {
  const auto found = first("2026-10-24T02:30", "FREQ=DAILY", "Europe/Paris", 3);
  EXPECT_THAT(instants(found),
              ElementsAre("2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"));
  EXPECT_THAT(found[1].note, HasSubstr("comes twice"));
  EXPECT_THAT(found[0].note, IsEmpty());
  EXPECT_THAT(found[2].note, IsEmpty());
  // New York, 2026-11-01: an hour of every minute; one of them, no more.
  const auto hourly = first("2026-11-01T00:30", "FREQ=HOURLY;COUNT=4", "America/New_York", 10);
  EXPECT_THAT(instants(hourly), ElementsAre("2026-11-01T04:30:00Z", "2026-11-01T05:30:00Z",
                                            "2026-11-01T07:30:00Z", "2026-11-01T08:30:00Z"));
}

TEST(Recurrence, NoInstantIsTakenTwiceWhereAGapFoldsTwoTogether) {
  const auto found = first("2027-03-14T01:30", "FREQ=HOURLY;COUNT=4", "America/New_York", 10);
  // 02:30 does not exist and moves to 03:30, where the next one already is.
  EXPECT_THAT(instants(found),
              ElementsAre("2027-03-14T06:30:00Z", "2027-03-14T07:30:00Z", "2027-03-14T08:30:00Z"));
}

TEST(Recurrence, HalfAnHourOnLordHowe) {
  // The clock goes forward by 30 minutes at 02:00 on 2026-10-04, back at 02:00 on 2027-04-04.
  const auto gap = first("2026-10-03T02:15", "FREQ=DAILY", "Australia/Lord_Howe", 3);
  EXPECT_THAT(instants(gap),
              ElementsAre("2026-10-02T15:45:00Z", "2026-10-03T15:45:00Z", "2026-10-04T15:15:00Z"));
  EXPECT_THAT(gap[1].note, HasSubstr("goes out at 02:45"));
  const auto overlap = first("2027-04-03T01:45", "FREQ=DAILY", "Australia/Lord_Howe", 3);
  EXPECT_THAT(instants(overlap),
              ElementsAre("2027-04-02T14:45:00Z", "2027-04-03T14:45:00Z", "2027-04-04T15:15:00Z"));
  EXPECT_THAT(overlap[1].note, HasSubstr("comes twice"));
}

TEST(Recurrence, CasablancaGoesBackForRamadan) {
  // UTC+1 in winter, UTC+0 in Ramadan: from 2026-02-15 to 2026-03-22.
  EXPECT_THAT(instants(first("2026-02-14T09:00", "FREQ=DAILY", "Africa/Casablanca", 2)),
              ElementsAre("2026-02-14T08:00:00Z", "2026-02-15T09:00:00Z"));
  const auto end = first("2026-03-22T02:30", "FREQ=DAILY", "Africa/Casablanca", 2);
  EXPECT_THAT(instants(end), ElementsAre("2026-03-22T02:30:00Z", "2026-03-23T01:30:00Z"));
  EXPECT_THAT(end[0].note, HasSubstr("goes out at 03:30"));
  // Tehran has given up its clock changes: nothing moves.
  const auto tehran = first("2027-03-21T00:30", "FREQ=DAILY", "Asia/Tehran", 3);
  EXPECT_THAT(instants(tehran),
              ElementsAre("2027-03-20T21:00:00Z", "2027-03-21T21:00:00Z", "2027-03-22T21:00:00Z"));
}

TEST(Recurrence, MonthEndsAndLeapDays) {
  EXPECT_THAT(days(first("2027-01-01T09:00", "FREQ=MONTHLY;BYMONTHDAY=31", "Europe/Paris", 4)),
              ElementsAre("2027-01-31", "2027-03-31", "2027-05-31", "2027-07-31"));
  EXPECT_THAT(days(first("2027-01-01T09:00", "FREQ=MONTHLY;BYMONTHDAY=-1", "Europe/Paris", 3)),
              ElementsAre("2027-01-31", "2027-02-28", "2027-03-31"));
  EXPECT_THAT(days(first("2028-02-29T09:00", "FREQ=YEARLY", "Europe/Paris", 2)),
              ElementsAre("2028-02-29", "2032-02-29"));
  EXPECT_THAT(
      days(first("2027-01-01T09:00", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "Europe/Paris", 2)),
      ElementsAre("2027-02-28", "2028-02-29"));
  EXPECT_THAT(days(first("2026-12-31T09:00", "FREQ=MONTHLY", "Europe/Paris", 3)),
              ElementsAre("2026-12-31", "2027-01-31", "2027-03-31"));
}

TEST(Recurrence, PositionsWeeksAndIntervals) {
  // The last working day of each month.
  EXPECT_THAT(days(first("2026-11-01T09:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                         "Europe/Paris", 3)),
              ElementsAre("2026-11-30", "2026-12-31", "2027-01-29"));
  EXPECT_THAT(days(first("2026-11-01T09:00", "FREQ=MONTHLY;BYDAY=2TU", "Europe/Paris", 3)),
              ElementsAre("2026-11-10", "2026-12-08", "2027-01-12"));
  // A start that the rule does not meet is not an occurrence.
  EXPECT_THAT(days(first("2026-11-23T09:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "UTC", 4)),
              ElementsAre("2026-11-24", "2026-11-26", "2026-12-08", "2026-12-10"));
  EXPECT_THAT(
      days(first("2026-11-23T09:00", "rrule:freq=weekly;wkst=su;interval=2;byday=su", "UTC", 2)),
      ElementsAre("2026-12-06", "2026-12-20"));
}

TEST(Recurrence, WeeksAreCountedFromTheWeekOfTheStart) {
  // A Friday; the Sunday of its week is two days later.
  EXPECT_THAT(days(first("2026-12-11T09:00", "FREQ=WEEKLY;INTERVAL=5;BYDAY=SU;COUNT=2", "UTC")),
              ElementsAre("2026-12-13", "2027-01-17"));
  EXPECT_THAT(days(first("2026-12-09T09:00", "FREQ=WEEKLY;INTERVAL=2;WKST=WE;BYDAY=TU", "UTC", 2)),
              ElementsAre("2026-12-15", "2026-12-29"));
  EXPECT_THAT(instants(first("2026-10-12T16:00", "FREQ=WEEKLY;BYDAY=TU;BYHOUR=4,7", "UTC", 2)),
              ElementsAre("2026-10-13T04:00:00Z", "2026-10-13T07:00:00Z"));
  // Days of that week before the start are none of the COUNT.
  EXPECT_THAT(days(first("2026-12-10T09:00", "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3", "UTC")),
              ElementsAre("2026-12-11", "2026-12-14", "2026-12-18"));
}

TEST(Recurrence, EndsByCountUntilAndSkips) {
  EXPECT_EQ(first("2026-11-23T09:00", "FREQ=DAILY;COUNT=3", "UTC", 99).size(), 3U);
  // An instant in UTC, a day, a wall time: 09:00 in Paris is 08:00 in UTC.
  EXPECT_EQ(first("2026-11-23T09:00", "FREQ=DAILY;UNTIL=20261125T080000Z", "Europe/Paris").size(),
            3U);
  EXPECT_EQ(first("2026-11-23T09:00", "FREQ=DAILY;UNTIL=20261125T075959Z", "Europe/Paris").size(),
            2U);
  EXPECT_EQ(first("2026-11-23T09:00", "FREQ=DAILY;UNTIL=20261125", "Europe/Paris").size(), 3U);
  EXPECT_EQ(first("2026-11-23T09:00", "FREQ=DAILY;UNTIL=20261125T085900", "Europe/Paris").size(),
            2U);
  // What is skipped counts, as RFC 5545 says.
  auto rule = checked("2026-11-23T09:00", "FREQ=DAILY;COUNT=4", "UTC",
                      {"2026-11-24", "2026-11-25T09:00", "2026-11-26T10:00"});
  EXPECT_THAT(days(occurrences(*rule, "", 9)), ElementsAre("2026-11-23", "2026-11-26"));
  EXPECT_THAT(days(occurrences(*rule, "2026-11-23T09:00:00", 9)), ElementsAre("2026-11-26"));
}

TEST(Recurrence, RefusesWithTheFieldAndTheReason) {
  EXPECT_THAT(refusal("FREQ=SECONDLY"), HasSubstr("repeat.rrule FREQ is one of"));
  EXPECT_THAT(refusal("FREQ=MINUTELY;INTERVAL=30"), HasSubstr("FREQ is one of"));
  EXPECT_THAT(refusal("FREQ=HOURLY;BYMINUTE=0,5"), HasSubstr("every 5 minutes"));
  EXPECT_THAT(refusal("FREQ=DAILY;BYSECOND=1"), HasSubstr("BYSECOND"));
  EXPECT_THAT(refusal("FREQ=DAILY;COUNT=2;UNTIL=20270101"), HasSubstr("both COUNT and UNTIL"));
  EXPECT_THAT(refusal("FREQ=DAILY;COUNT=0"), HasSubstr("COUNT is 1 to"));
  EXPECT_THAT(refusal("FREQ=DAILY;INTERVAL=-1"), HasSubstr("INTERVAL is 1 to"));
  EXPECT_THAT(refusal("FREQ=DAILY;FREQ=DAILY"), HasSubstr("twice"));
  EXPECT_THAT(refusal("FREQ=DAILY;RSCALE=HEBREW"), HasSubstr("RSCALE"));
  EXPECT_THAT(refusal("FREQ=DAILY;BYDAY=1MO"), HasSubstr("numbered day"));
  EXPECT_THAT(refusal("FREQ=WEEKLY;BYMONTHDAY=1"), HasSubstr("BYMONTHDAY"));
  EXPECT_THAT(refusal("FREQ=YEARLY;BYWEEKNO=1"), HasSubstr("BYWEEKNO"));
  EXPECT_THAT(refusal("FREQ=DAILY;BYSETPOS=1"), HasSubstr("BYSETPOS"));
  EXPECT_THAT(refusal("FREQ=MONTHLY;BYSETPOS=1"), HasSubstr("to choose from"));
  EXPECT_THAT(refusal("FREQ=MONTHLY;BYDAY=MO;BYHOUR=8,9;BYSETPOS=1"), HasSubstr("BYSETPOS"));
  EXPECT_THAT(refusal("FREQ=YEARLY;BYMONTHDAY=2"), HasSubstr("without BYMONTH"));
  EXPECT_THAT(refusal("FREQ=DAILY;BYMONTHDAY=-1"), HasSubstr("use FREQ=MONTHLY"));
  EXPECT_THAT(refusal("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=3"), HasSubstr("beside BYMONTHDAY"));
  EXPECT_THAT(refusal("FREQ=MONTHLY;BYMONTHDAY=32"), HasSubstr("repeat.rrule"));
  EXPECT_THAT(refusal("FREQ=WEEKLY;BYDAY=XX"), HasSubstr("repeat.rrule"));
  EXPECT_THAT(refusal("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), HasSubstr("never happens"));
  EXPECT_THAT(refusal("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), HasSubstr("never happens"));
  EXPECT_THAT(refusal("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"), HasSubstr("use FREQ=DAILY"));
  EXPECT_THAT(refusal("FREQ=HOURLY;INTERVAL=2;BYHOUR=2"), HasSubstr("use FREQ=DAILY"));
  EXPECT_THAT(refusal("FREQ=DAILY;UNTIL=20260101"), HasSubstr("never happens"));
  EXPECT_THAT(refusal("daily"), HasSubstr("such as FREQ=WEEKLY"));
  EXPECT_THAT(refusal(std::string(600, 'F')), HasSubstr("longer than"));
  EXPECT_THAT(refusal("FREQ=DAILY;" + std::string(300, ';')), HasSubstr("repeat.rrule"));
  auto wrong = checked("tomorrow", "FREQ=DAILY", "Europe/Nowhere", {"x"});
  std::vector<std::string> fields;
  for (const auto& error : wrong.error().fields) fields.push_back(error.field);
  EXPECT_THAT(fields, ElementsAre("repeat.time_zone", "repeat.local", "repeat.exdates"));
}

}  // namespace
}  // namespace posts
