#include "posts/series.h"

#include "base/json.h"
#include "posts/home.h"
#include "posts/series_runner.h"

namespace posts {
namespace {

using namespace posts::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SeriesTest : public HomeTest {};
INSTANTIATE_TEST_SUITE_P(Databases, SeriesTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

SeriesInput repeat(const Home& home, std::string text, std::string starts, std::string rrule) {
  return {.content = home.write(std::move(text), {}),
          .repeat = {.starts = std::move(starts),
                     .rrule = std::move(rrule),
                     .time_zone = "Europe/Paris",
                     .skipped = {}}};
}

io::Task<std::vector<Post>> posts_of(Home& home, std::string series) {
  auto page = co_await home.posts.list(
      home.owner.workspace,
      {.from = noon - 999h, .to = noon + 99'999h, .series = std::move(series), .limit = 200});
  co_return page->posts;
}

std::vector<std::string> times(const std::vector<Post>& posts) {
  std::vector<std::string> texts;
  for (const Post& post : posts) texts.push_back(base::format_rfc3339(*post.due_at));
  return texts;
}

TEST_P(SeriesTest, BecomesOrdinaryPostsAheadOfTime) {
  run([](Home& home) -> io::Task<> {
    auto made = co_await home.series.create(
        home.owner, repeat(home, "Hello", "2027-03-26T02:30", "FREQ=DAILY;COUNT=3"));
    if (!made) throw std::runtime_error(made.error().message);
    EXPECT_EQ(made->state, SeriesState::active);
    EXPECT_THAT(co_await posts_of(home, made->id), IsEmpty()) << "beyond the horizon";
    home.clock.advance(std::chrono::days{70});
    EXPECT_EQ(co_await home.series.expand_due(9), 1U);
    const auto posts = co_await posts_of(home, made->id);
    // The night of the clock change: 02:30 moves forward to 03:30.
    EXPECT_THAT(times(posts), ElementsAre("2027-03-26T01:30:00Z", "2027-03-27T01:30:00Z",
                                          "2027-03-28T01:30:00Z"));
    EXPECT_EQ(posts[2].state(), PostState::scheduled);
    EXPECT_EQ(posts[2].occurrence->local, "2027-03-28T02:30:00");
    EXPECT_EQ(posts[2].parts[0].text, "Hello");
    EXPECT_EQ(co_await home.series.expand_due(9), 0U);
    // Over when its last one is.
    home.clock.advance(std::chrono::days{60});
    co_await home.series.expand_due(9);
    EXPECT_EQ((co_await home.series.get(home.owner.workspace, made->id))->state,
              SeriesState::ended);
  });
}

TEST_P(SeriesTest, EachOccurrenceOnceWhoeverLooks) {
  run([](Home& home) -> io::Task<> {
    auto made = co_await home.series.create(
        home.owner, repeat(home, "Hello", "2026-11-24T09:00", "FREQ=DAILY;COUNT=10"));
    EXPECT_EQ(co_await home.count("posts"), 10U);
    // Two processes that both believe they hold the lease, again and again from the start.
    for (int round = 0; round < 3; ++round) {
      co_await home.database.execute(
          "UPDATE series SET settled = '2026-11-23T00:00:00',"
          " expand_at = 0");
      Series other(home.database, home.clock, home.checks, home.slots, {});
      co_await (home.series.expand_due(9) && other.expand_due(9));
    }
    EXPECT_EQ(co_await home.count("posts"), 10U);
    // What somebody deleted does not come back.
    const auto posts = co_await posts_of(home, made->id);
    EXPECT_TRUE((co_await home.posts.remove(home.owner, posts[3].id, {})).has_value());
    co_await home.database.execute(
        "UPDATE series SET settled = '2026-11-23T00:00:00',"
        " expand_at = 0");
    co_await home.series.expand_due(9);
    EXPECT_EQ(co_await home.count("posts"), 9U);
  });
}

TEST_P(SeriesTest, OneProcessAtATimeUnderALease) {
  run([](Home& home) -> io::Task<> {
    co_await home.series.create(home.owner,
                                repeat(home, "Hello", "2026-11-24T09:00", "FREQ=DAILY;COUNT=2"));
    jobs::Leases one(home.database, home.clock, "one");
    jobs::Leases two(home.database, home.clock, "two");
    SeriesRunner first(home.series, one);
    SeriesRunner second(home.series, two);
    EXPECT_TRUE(co_await first.turn());
    EXPECT_FALSE(co_await second.turn());
    home.clock.advance(2min);
    EXPECT_TRUE(co_await second.turn());
  });
}

TEST_P(SeriesTest, ALongOutageEndsWithoutABurst) {
  run([](Home& home) -> io::Task<> {
    auto daily = repeat(home, "Hello", "2026-11-24T09:00", "FREQ=DAILY");
    auto made = co_await home.series.create(home.owner, daily);
    // Each may be late until the next one is due, and is dropped then.
    for (const Post& post : co_await posts_of(home, made->id)) {
      EXPECT_EQ(post.too_late.policy, TooLatePolicy::drop);
      EXPECT_LE(post.too_late.after, std::chrono::hours{25});
    }
    const std::size_t before = co_await home.count("posts");
    home.clock.advance(std::chrono::days{200});
    co_await home.series.expand_due(9);
    const base::Instant now = home.clock.now();
    const std::size_t late =
        co_await home.count("posts WHERE due_at <= $1 AND created_at = $1", {now});
    EXPECT_EQ(late, 1U) << "the latest one, which goes out late";
    EXPECT_GT(co_await home.count("posts"), before + 50);
    EXPECT_LE(co_await home.count("posts WHERE due_at > $1", {now}), series_ahead_max);

    daily.content.too_late = {.policy = TooLatePolicy::drop, .after = 60s};
    auto strict = co_await home.series.create(home.owner, daily);
    home.clock.advance(std::chrono::days{200} + 5h);
    while (co_await home.series.expand_due(9) > 0) {
    }
    EXPECT_EQ(co_await home.count("posts WHERE series_id = $1 AND due_at <= $2 AND created_at = $2",
                                  {strict->id, home.clock.now()}),
              0U);
  });
}

TEST_P(SeriesTest, EditThisOneAllOrThisAndFollowing) {
  run([](Home& home) -> io::Task<> {
    auto made = co_await home.series.create(
        home.owner, repeat(home, "Old", "2026-11-24T09:00", "FREQ=DAILY;COUNT=5"));
    auto posts = co_await posts_of(home, made->id);
    const PostInput alone = home.write("Alone", Home::at(noon + 30h));
    EXPECT_TRUE((co_await home.posts.replace(home.owner, posts[1].id, alone, {})).has_value());
    co_await home.set_state(posts[2].id, TargetState::claimed);

    auto all = co_await home.series.replace(
        home.owner, made->id, repeat(home, "New", "2026-11-24T10:00", "FREQ=DAILY;COUNT=5"), "",
        made->version);
    if (!all) throw std::runtime_error(all.error().message);
    EXPECT_EQ(all->id, made->id);
    std::vector<std::string> texts;
    for (const Post& post : co_await posts_of(home, made->id)) {
      texts.push_back(post.parts[0].text + " " + post.occurrence->local.substr(8, 5));
    }
    // Alone goes its own way, Old is with a worker; all others are new.
    EXPECT_THAT(
        texts, ::testing::UnorderedElementsAre("New 24T10", "Alone 25T09", "New 25T10", "Old 26T09",
                                               "New 26T10", "New 27T10", "New 28T10"));
    auto stale = co_await home.series.replace(
        home.owner, made->id, repeat(home, "x", "2026-11-24T10:00", "FREQ=DAILY"), "", 1);
    EXPECT_EQ(stale.error().status, 412);

    const auto same = (co_await posts_of(home, made->id)).back().id;
    auto text_only = repeat(home, "Newer", "2026-11-27T10:00", "FREQ=DAILY;COUNT=2");
    auto following =
        co_await home.series.replace(home.owner, made->id, text_only, "2026-11-27T10:00", {});
    EXPECT_NE(following->id, made->id);
    const auto tail = co_await posts_of(home, following->id);
    EXPECT_THAT(times(tail), ElementsAre("2026-11-27T09:00:00Z", "2026-11-28T09:00:00Z"));
    EXPECT_EQ(tail[1].id, same) << "changed in place";
    EXPECT_EQ(tail[1].parts[0].text, "Newer");
    EXPECT_EQ((co_await home.series.get(home.owner.workspace, made->id))->stops,
              "2026-11-27T10:00:00");
    for (const Post& post : co_await posts_of(home, made->id)) {
      EXPECT_LT(post.occurrence->local, "2026-11-27T10:00:00");
    }
  });
}

TEST_P(SeriesTest, StopCallsOffWhatWaits) {
  run([](Home& home) -> io::Task<> {
    auto made = co_await home.series.create(
        home.owner, repeat(home, "Hello", "2026-11-24T09:00", "FREQ=DAILY"));
    EXPECT_EQ((co_await home.series.remove(home.owner, made->id, {})).error().status, 409);
    auto later = co_await home.series.stop(home.owner, made->id, "2026-11-26T09:00", {});
    EXPECT_EQ(later->state, SeriesState::active);
    EXPECT_EQ(co_await home.count("targets WHERE state = 'scheduled'"), 2U);
    auto now = co_await home.series.stop(home.owner, made->id, "", {});
    EXPECT_EQ(now->state, SeriesState::stopped);
    EXPECT_EQ(co_await home.count("targets WHERE state <> 'cancelled'"), 0U);
    home.clock.advance(std::chrono::days{80});
    EXPECT_EQ(co_await home.series.expand_due(9), 0U);
    EXPECT_EQ((co_await home.series.stop(home.owner, made->id, "", {})).error().status, 409);
    EXPECT_TRUE((co_await home.series.remove(home.owner, made->id, {})).has_value());
    EXPECT_GT(co_await home.count("posts"), 0U);
  });
}

TEST_P(SeriesTest, ApprovalIsGivenOnceAndLostWithAnEdit) {
  run([](Home& home) -> io::Task<> {
    co_await home.require_approval();
    co_await home.database.execute("UPDATE workspaces SET self_approval = 0");
    auto approver = co_await home.person("Bea", accounts::Role::approver);
    auto made = co_await home.series.create(
        home.owner, repeat(home, "Hello", "2026-11-24T09:00", "FREQ=DAILY"));
    EXPECT_EQ(co_await home.count("targets WHERE state <> 'awaiting_approval'"), 0U);
    EXPECT_EQ(co_await home.count("targets WHERE ready_at IS NOT NULL"), 0U);
    EXPECT_EQ((co_await home.series.approve(home.owner, made->id, {})).error().status, 403);
    auto approved = co_await home.series.approve(approver, made->id, {});
    EXPECT_EQ(approved->approver, "Bea");
    EXPECT_EQ(co_await home.count("targets WHERE state <> 'scheduled' OR ready_at IS NULL"), 0U);
    // Those that come later are approved too.
    home.clock.advance(std::chrono::days{10});
    co_await home.series.expand_due(9);
    EXPECT_EQ(co_await home.count("targets WHERE state <> 'scheduled'"), 0U);
    // One that is changed alone needs a word of its own.
    const auto posts = co_await posts_of(home, made->id);
    const PostChange move{.when = Home::at(*posts.back().due_at + 1h), .too_late = {}};
    EXPECT_EQ((co_await home.posts.change(home.owner, posts.back().id, move, {}))->state(),
              PostState::awaiting_approval);
    co_await home.series.replace(home.owner, made->id,
                                 repeat(home, "Changed", "2026-11-24T09:00", "FREQ=DAILY"), "", {});
    EXPECT_EQ(co_await home.count("targets WHERE state = 'scheduled' AND due_at > $1",
                                  {home.clock.now()}),
              0U);
    auto back = co_await home.series.reject(approver, made->id, "Too loud", {});
    EXPECT_EQ(back->state, SeriesState::stopped);
    EXPECT_THAT(back->problem, HasSubstr("Too loud"));
    EXPECT_EQ(co_await home.count("audit WHERE action LIKE 'series.%'"), 4U);
  });
}

TEST_P(SeriesTest, AProblemIsSaidAndPasses) {
  run([](Home& home) -> io::Task<> {
    auto made = co_await home.series.create(
        home.owner, repeat(home, "Hello", "2026-11-24T09:00", "FREQ=DAILY"));
    co_await home.accounts.disconnect(home.owner.workspace, home.bluesky);
    home.clock.advance(std::chrono::days{10});
    co_await home.series.expand_due(9);
    auto row = co_await home.series.get(home.owner.workspace, made->id);
    EXPECT_THAT(row->problem, HasSubstr("not an account here"));
    co_await home.connect("bluesky", "@ada.example");
    home.clock.advance(11min);
    co_await home.series.expand_due(9);
    row = co_await home.series.get(home.owner.workspace, made->id);
    EXPECT_THAT(row->problem, IsEmpty());
  });
}

TEST_P(SeriesTest, ItsMediaIsInUseAsLongAsItIs) {
  run([](Home& home) -> io::Task<> {
    auto item = co_await home.media.upload(home.owner.workspace, png, "A dot");
    auto input = repeat(home, "Hello", "2027-06-01T09:00", "FREQ=DAILY;COUNT=2");
    input.content.parts[0].media = {item->id};
    auto made = co_await home.series.create(home.owner, input);
    if (!made) throw std::runtime_error(made.error().message);
    EXPECT_EQ(co_await home.count("posts"), 0U);
    EXPECT_EQ(co_await home.count("media WHERE unused_since IS NULL"), 1U);
    co_await home.series.stop(home.owner, made->id, "", {});
    co_await home.series.remove(home.owner, made->id, {});
    EXPECT_EQ(co_await home.count("media WHERE unused_since IS NULL"), 0U);
  });
}

TEST_P(SeriesTest, ApiWalk) {
  run([](Home& home) -> io::Task<> {
    Api api(home);
    const std::string rule =
        R"("repeat":{"local":"2027-03-27T02:30","time_zone":"Europe/Paris","rrule":"FREQ=DAILY"})";
    auto preview = co_await api.send("POST", "/api/series/preview", "{" + rule + R"(,"count":2})");
    EXPECT_EQ(preview.status, 200) << preview.body;
    EXPECT_THAT(preview.body, HasSubstr("It goes out at 03:30"));
    const std::string body =
        fmt::format(R"({{"parts":[{{"text":"Hello"}}],"variants":[{{"account_id":"{}"}}],{}}})",
                    home.bluesky.value, rule);
    auto made = co_await api.send("POST", "/api/series", body);
    EXPECT_EQ(made.status, 201) << made.body;
    const std::string path =
        "/api/series/" + std::string(json::parse(made.body).at("id").as_string());
    EXPECT_EQ(base::text_at(json::parse(made.body), "/next/local"), "2027-03-27T02:30:00");
    EXPECT_EQ((co_await api.send("GET", path)).headers.get("ETag"), "\"1\"");
    EXPECT_THAT((co_await api.send("GET", path + "/occurrences?count=3")).body,
                HasSubstr("2027-03-29T00:30:00Z"));
    EXPECT_EQ((co_await api.send("PUT", path, body, "\"9\"")).status, 412);
    EXPECT_EQ((co_await api.send("PUT", path, body, "\"1\"")).status, 200);
    EXPECT_EQ((co_await api.send("PUT", path + "?from=x", body)).status, 422);
    EXPECT_EQ((co_await api.send("POST", path + "/stop")).status, 200);
    EXPECT_EQ(json::parse((co_await api.send("GET", "/api/series?state=stopped")).body)
                  .at("items")
                  .as_array()
                  .size(),
              1U);
    EXPECT_EQ((co_await api.send("DELETE", path)).status, 204);
    EXPECT_EQ((co_await api.send("GET", path)).status, 404);
    auto bad = co_await api.send("POST", "/api/series", R"({"parts":[{"text":"x"}],"repeat":{}})");
    EXPECT_EQ(bad.status, 422);
    EXPECT_THAT(bad.body, HasSubstr("variants"));
    api.owner.role = accounts::Role::editor;
    EXPECT_EQ((co_await api.send("POST", path + "/approve")).status, 403);
    api.owner.workspace = base::WorkspaceId::make();
    EXPECT_EQ((co_await api.send("POST", path + "/stop")).status, 404);
  });
}

}  // namespace
}  // namespace posts
