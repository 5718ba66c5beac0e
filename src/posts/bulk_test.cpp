#include "posts/bulk.h"

#include "posts/csv.h"
#include "posts/home.h"

namespace posts {
namespace {

using namespace posts::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class BulkTest : public HomeTest {};
INSTANTIATE_TEST_SUITE_P(Databases, BulkTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

using Lines = std::vector<std::vector<std::string>>;

TEST(Csv, QuotesCommasAndLineBreaks) {
  EXPECT_EQ(*read_csv("a,b\r\n\"x, \"\"y\"\"\nz\",2\n\n3,\n", 9),
            (Lines{{"a", "b"}, {"x, \"y\"\nz", "2"}, {"3", ""}}));
  EXPECT_EQ(*read_csv("\xEF\xBB\xBF"
                      "a;b\n1,5;2",
                      9),
            (Lines{{"a", "b"}, {"1,5", "2"}}));
  EXPECT_THAT(read_csv("a\n\"b", 9).error().message, HasSubstr("line 2"));
  EXPECT_THAT(read_csv("a\nb\"c", 9).error().message, HasSubstr("line 2"));
  EXPECT_THAT(read_csv("\"a\"b", 9).error().message, HasSubstr("line 1"));
  EXPECT_THAT(read_csv("a\nb\nc", 2).error().message, HasSubstr("more than 2"));
  EXPECT_TRUE(read_csv("", 9)->empty());
}

TEST_P(BulkTest, AllOfThemOrNone) {
  run([](Home& home) -> io::Task<> {
    Api api(home);
    const std::string good =
        R"({"text":"One","accounts":["@ada.example"],"at":"2026-11-23T15:00:00Z"})";
    const std::string bad =
        R"({"text":"Two","accounts":["@nobody"],"local":"2026-11-23","more":1})";
    const std::string late =
        R"({"text":"Three","accounts":["bluesky:ada.example"],"at":"2026-11-20T15:00:00Z"})";
    const std::string rows = "[" + good + "," + bad + "," + late + "]";
    auto dry =
        co_await api.send("POST", "/api/posts/bulk", R"({"dry_run":true,"rows":)" + rows + "}");
    EXPECT_EQ(dry.status, 200) << dry.body;
    const json::value found = json::parse(dry.body);
    EXPECT_FALSE(found.at("ok").as_bool());
    EXPECT_TRUE(found.at("rows").at(0).at("ok").as_bool()) << dry.body;
    EXPECT_THAT(json::serialize(found.at("rows").at(1)), HasSubstr("@nobody"));
    EXPECT_THAT(json::serialize(found.at("rows").at(2)), HasSubstr("when.at"));
    EXPECT_EQ(co_await home.count("posts"), 0U);

    auto refused = co_await api.send("POST", "/api/posts/bulk", R"({"rows":)" + rows + "}");
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.body, HasSubstr("rows[1].accounts"));
    EXPECT_THAT(refused.body, HasSubstr("rows[2].when.at"));
    EXPECT_THAT(refused.body, Not(HasSubstr("rows[0]")));
    EXPECT_EQ(co_await home.count("posts"), 0U);
    EXPECT_EQ(co_await home.count("audit"), 0U);

    auto some =
        co_await api.send("POST", "/api/posts/bulk", R"({"mode":"good_rows","rows":)" + rows + "}");
    EXPECT_EQ(some.status, 201) << some.body;
    EXPECT_EQ(json::parse(some.body).at("created").as_int64(), 1);
    EXPECT_EQ(co_await home.count("posts"), 1U);
    EXPECT_EQ(co_await home.count("audit WHERE action = 'bulk.made'"), 1U);
  });
}

TEST_P(BulkTest, SpreadsIntoSlotsAsTheDryRunSaid) {
  run([](Home& home) -> io::Task<> {
    co_await home.slots.add(
        home.owner.workspace, home.bluesky,
        {.weekdays = "1234567", .time_of_day = "09:00", .time_zone = "Europe/Paris"});
    BulkInput input;
    for (const char* text : {"a", "b", "c"}) {
      input.rows.push_back(
          {.input = home.write(text, {.type = WhenType::next_slot}), .errors = {}});
    }
    BulkInput dry = input;
    dry.dry_run = true;
    const BulkResult before = co_await home.bulk.run(home.owner, dry);
    EXPECT_EQ(co_await home.count("slot_uses"), 0U);
    const BulkResult made = co_await home.bulk.run(home.owner, input);
    EXPECT_EQ(made.created, 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(before.rows[i].due_at, made.rows[i].due_at);
      EXPECT_EQ(made.rows[i].due_at,
                *base::parse_rfc3339(fmt::format("2026-11-{}T08:00:00Z", 24 + i)));
    }
    // A row without a slot leaves nothing behind, also when the others are made.
    input.rows[1].input.variants[0].account = home.mastodon;
    input.mode = BulkMode::good_rows;
    const BulkResult some = co_await home.bulk.run(home.owner, input);
    EXPECT_EQ(some.created, 2U);
    EXPECT_FALSE(some.rows[1].errors.empty());
    EXPECT_EQ(co_await home.count("posts"), 5U);
    EXPECT_EQ(co_await home.count("slot_uses"), 5U);
  });
}

TEST_P(BulkTest, WarnsOfClashesAndTwinsWithinTheTable) {
  run([](Home& home) -> io::Task<> {
    BulkInput input{.rows = {}, .dry_run = true};
    input.rows.push_back({.input = home.write("Same", Home::at(noon + 1h)), .errors = {}});
    input.rows.push_back({.input = home.write("same ", Home::at(noon + 1h + 20s)), .errors = {}});
    const BulkResult result = co_await home.bulk.run(home.owner, input);
    EXPECT_TRUE(result.ok);
    EXPECT_TRUE(result.rows[0].warnings.empty());
    std::vector<std::string> fields;
    for (const Warning& warning : result.rows[1].warnings) fields.push_back(warning.notice.field);
    EXPECT_THAT(fields, ElementsAre("when", "parts"));
  });
}

TEST_P(BulkTest, ReadsCsv) {
  run([](Home& home) -> io::Task<> {
    Api api(home);
    const std::string csv =
        "text,accounts,local,time_zone\n"
        "\"Hello, world\",@ada.example @ada@social.example,2026-11-24T09:00,Europe/Paris\n"
        "Again," +
        home.bluesky.value + ",2026-11-25T09:00,\n";
    auto made = co_await api.send("POST", "/api/posts/bulk", csv, "", "text/csv; charset=utf-8");
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(co_await home.count("posts"), 2U);
    EXPECT_EQ(co_await home.count("targets"), 3U);
    auto dry = co_await api.send("POST", "/api/posts/bulk?dry_run=true", csv, "", "text/csv");
    EXPECT_EQ(dry.status, 200) << dry.body;
    EXPECT_THAT(dry.body, HasSubstr("same text"));
    auto odd = co_await api.send("POST", "/api/posts/bulk", "text,colour\na,b\n", "", "text/csv");
    EXPECT_EQ(odd.status, 422);
    EXPECT_THAT(odd.body, HasSubstr("colour"));
    std::string many = "text\n";
    for (std::size_t i = 0; i <= bulk_rows_max; ++i) many += "x\n";
    EXPECT_EQ((co_await api.send("POST", "/api/posts/bulk", many, "", "text/csv")).status, 422);
    api.owner.role = accounts::Role::viewer;
    EXPECT_EQ((co_await api.send("POST", "/api/posts/bulk", csv, "", "text/csv")).status, 403);
  });
}

TEST_P(BulkTest, WaitsForApprovalWhereThatIsNeeded) {
  run([](Home& home) -> io::Task<> {
    co_await home.require_approval();
    BulkInput input;
    input.rows.push_back({.input = home.write("a", {.type = WhenType::now}), .errors = {}});
    EXPECT_EQ((co_await home.bulk.run(home.owner, input)).created, 1U);
    EXPECT_EQ(co_await home.count("targets WHERE state = 'awaiting_approval'"), 1U);
    EXPECT_EQ(co_await home.count("targets WHERE ready_at IS NOT NULL"), 0U);
  });
}

}  // namespace
}  // namespace posts
