#include "posts/posts.h"

#include "posts/home.h"
#include "posts/timeline.h"

namespace posts {
namespace {

using namespace posts::testing;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PostsTest : public HomeTest {};
INSTANTIATE_TEST_SUITE_P(Databases, PostsTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(PostsTest, CreatesPostTargetsAndStoryTogether) {
  run([](Home& home) -> io::Task<> {
    PostInput input = home.write("Hello", Home::at(noon + 1h));
    input.parts.push_back({.text = "World", .media = {}});
    input.variants.push_back({.account = home.mastodon, .parts = {}});
    auto post = co_await home.posts.create(home.owner, input);
    if (!post) throw std::runtime_error(post.error().message);
    EXPECT_EQ(post->state(), PostState::scheduled);
    EXPECT_EQ(post->author, "Ada");
    EXPECT_EQ(post->due_at, noon + 1h);
    // Bluesky takes a thread in one request, Mastodon part by part.
    EXPECT_EQ(post->targets.size(), 3u);
    auto rows = co_await home.database.execute(
        "SELECT part, ready_at, previous_id, length(publish_key) AS n FROM targets WHERE"
        " account_id = $1 ORDER BY part",
        {home.mastodon});
    EXPECT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0]["ready_at"].instant(), noon + 1h);
    EXPECT_TRUE(rows[1]["ready_at"].is_null());
    EXPECT_FALSE(rows[1]["previous_id"].is_null());
    EXPECT_EQ(rows[0]["n"].integer(), 32);
    auto story = co_await home.posts.timeline(home.owner.workspace, post->id);
    EXPECT_EQ(story->size(), 3u);
    EXPECT_EQ(story->front().actor, "Ada");
    EXPECT_THAT(story->front().message, HasSubstr("2026-11-23 14:00 (Europe/Paris)"));
    EXPECT_EQ(home.told, 1);
    EXPECT_EQ(home.woken, 0);
  });
}

TEST_P(PostsTest, OneRefusedTextStoresNothing) {
  run([](Home& home) -> io::Task<> {
    PostInput input = home.write("Hello", Home::at(noon + 1h));
    input.variants.push_back({.account = home.mastodon, .parts = {}});
    input.variants[0].parts = {{.text = std::string(301, 'x'), .media = {}}};
    auto post = co_await home.posts.create(home.owner, input);
    EXPECT_FALSE(post.has_value());
    EXPECT_EQ(post.error().status, 422);
    EXPECT_EQ(post.error().fields.at(0).field, "variants[0].parts[0].text");
    EXPECT_THAT(post.error().fields.at(0).message, HasSubstr("300"));
    auto rows = co_await home.database.execute("SELECT COUNT(*) FROM posts");
    EXPECT_EQ(rows[0][0].integer(), 0);
    // As a draft it may be kept.
    input.when = {};
    EXPECT_EQ((co_await home.posts.create(home.owner, input))->state(), PostState::draft);
    input.variants[0].account = base::AccountId::make();
    EXPECT_EQ((co_await home.posts.create(home.owner, input)).error().status, 422);
  });
}

TEST_P(PostsTest, TimeMeansWhatAPersonMeans) {
  run([](Home& home) -> io::Task<> {
    auto past = co_await home.posts.create(home.owner, home.write("a", Home::at(noon - 2min)));
    EXPECT_EQ(past.error().fields.at(0).field, "when.at");
    auto just = co_await home.posts.create(home.owner, home.write("b", Home::at(noon - 30s)));
    EXPECT_EQ(just->due_at, noon);
    EXPECT_EQ(home.woken, 1);
    auto local = co_await home.posts.create(
        home.owner, home.write("c", {.type = WhenType::at, .local = "2027-03-28T02:30"}));
    // That time does not exist in Paris: it moves forward by the gap, to 03:30 summer time.
    EXPECT_EQ(local->due_at, *base::parse_rfc3339("2027-03-28T01:30:00Z"));
    auto wrong = co_await home.posts.create(
        home.owner, home.write("d", {.type = WhenType::at, .local = "tomorrow"}));
    EXPECT_EQ(wrong.error().fields.at(0).field, "when.local");
  });
}

TEST_P(PostsTest, AnEditWinsOrIsRefusedNeverBoth) {
  run([](Home& home) -> io::Task<> {
    auto post = co_await home.posts.create(home.owner, home.write("Hello", Home::at(noon + 1h)));
    const auto key = co_await home.database.execute("SELECT id, publish_key FROM targets");
    auto edited = co_await home.posts.replace(home.owner, post->id,
                                              home.write("Hello you", Home::at(noon + 2h)), 1);
    EXPECT_EQ(edited->version, 2);
    EXPECT_EQ(edited->parts.at(0).text, "Hello you");
    EXPECT_EQ(edited->targets.at(0).due_at, noon + 2h);
    // The same target, under the same key.
    EXPECT_EQ(edited->targets.at(0).id.value, key[0]["id"].text());
    const auto again = co_await home.database.execute("SELECT publish_key FROM targets");
    EXPECT_EQ(again[0][0].text(), key[0]["publish_key"].text());

    auto stale = co_await home.posts.replace(home.owner, post->id,
                                             home.write("Late", Home::at(noon + 2h)), 1);
    EXPECT_EQ(stale.error().status, 412);
    for (TargetState state : {TargetState::claimed, TargetState::sending, TargetState::unknown}) {
      co_await home.set_state(post->id, state);
      const PostInput late = home.write("Late", Home::at(noon + 2h));
      EXPECT_EQ((co_await home.posts.replace(home.owner, post->id, late, {})).error().status, 409);
      const PostChange change{.when = Home::at(noon + 3h), .too_late = {}};
      EXPECT_EQ((co_await home.posts.change(home.owner, post->id, change, {})).error().status, 409);
      EXPECT_EQ((co_await home.posts.cancel(home.owner, post->id, {})).error().status, 409);
      EXPECT_EQ((co_await home.posts.remove(home.owner, post->id, {})).error().status, 409);
    }
    auto unchanged = co_await home.posts.get(home.owner.workspace, post->id);
    EXPECT_EQ(unchanged->parts.at(0).text, "Hello you");
  });
}

TEST_P(PostsTest, WhatWasSentOnceMayMoveButNotChange) {
  run([](Home& home) -> io::Task<> {
    auto post = co_await home.posts.create(home.owner, home.write("Hello", Home::at(noon + 1h)));
    co_await home.database.execute("UPDATE targets SET uncertain_count = 1, attempt_id = 'x'");
    const PostInput other = home.write("Other", Home::at(noon + 2h));
    EXPECT_EQ((co_await home.posts.replace(home.owner, post->id, other, {})).error().status, 409);
    const PostChange change{.when = Home::at(noon + 3h), .too_late = {}};
    EXPECT_TRUE((co_await home.posts.change(home.owner, post->id, change, {})).has_value());
    auto rows = co_await home.database.execute("SELECT attempt_id, ready_at FROM targets");
    EXPECT_EQ(rows[0]["attempt_id"].text(), "x");
    EXPECT_EQ(rows[0]["ready_at"].instant(), noon + 3h);
  });
}

TEST_P(PostsTest, ApprovalBlocksUntilGiven) {
  run([](Home& home) -> io::Task<> {
    co_await home.require_approval();
    accounts::Principal editor = home.owner;
    editor.role = accounts::Role::editor;
    auto post = co_await home.posts.create(editor, home.write("Hello", Home::at(noon + 1h)));
    EXPECT_EQ(post->state(), PostState::awaiting_approval);
    auto rows = co_await home.database.execute("SELECT ready_at FROM targets");
    EXPECT_TRUE(rows[0][0].is_null());
    auto back = co_await home.posts.reject(home.owner, post->id, "Too long", {});
    EXPECT_EQ(back->state(), PostState::draft);
    EXPECT_EQ(back->targets.at(0).state_reason, "Sent back: Too long");
    const PostChange change{.when = Home::at(noon + 2h), .too_late = {}};
    EXPECT_EQ((co_await home.posts.change(editor, post->id, change, {}))->state(),
              PostState::awaiting_approval);
    EXPECT_EQ((co_await home.posts.approve(home.owner, post->id, {}))->state(),
              PostState::scheduled);
    rows = co_await home.database.execute("SELECT ready_at FROM targets");
    EXPECT_EQ(rows[0][0].instant(), noon + 2h);
    EXPECT_EQ((co_await home.posts.approve(home.owner, post->id, {})).error().status, 409);
    // An editor's change of what was approved must be approved again.
    EXPECT_EQ((co_await home.posts.publish_now(editor, post->id, {}))->state(),
              PostState::awaiting_approval);
  });
}

TEST_P(PostsTest, FourEyesWhereTheWorkspaceWantsThem) {
  run([](Home& home) -> io::Task<> {
    co_await home.require_approval();
    co_await home.database.execute("UPDATE workspaces SET self_approval = 0");
    const auto bea = co_await home.person("Bea", accounts::Role::approver);
    auto post = co_await home.posts.create(home.owner, home.write("Hello", Home::at(noon + 1h)));
    EXPECT_EQ((co_await home.posts.approve(home.owner, post->id, {})).error().status, 403);
    auto approved = co_await home.posts.approve(bea, post->id, {});
    EXPECT_EQ(approved->approver, "Bea");
    // Whoever moves it has changed it last, approver or not.
    const PostChange move{.when = Home::at(noon + 2h), .too_late = {}};
    auto moved = co_await home.posts.change(bea, post->id, move, {});
    EXPECT_EQ(moved->state(), PostState::awaiting_approval);
    EXPECT_FALSE(moved->approved_by.has_value());
    EXPECT_EQ((co_await home.posts.approve(bea, post->id, {})).error().status, 403);
    EXPECT_EQ((co_await home.posts.approve(home.owner, post->id, {})).error().status, 403);
    co_await home.posts.change(home.owner, post->id, move, {});
    EXPECT_TRUE((co_await home.posts.approve(bea, post->id, {})).has_value());
    co_await home.posts.replace(home.owner, post->id, home.write("Bye", Home::at(noon + 1h)), {});
    co_await home.posts.reject(bea, post->id, "No", {});
    const auto trail = co_await home.database.execute(
        "SELECT action, actor, object, after_text FROM audit ORDER BY id");
    EXPECT_EQ(trail.size(), 3U);
    EXPECT_EQ(trail[2]["action"].text(), "post.sent_back");
    EXPECT_EQ(trail[0]["actor"].text(), "Bea");
    for (const db::Row& row : trail) EXPECT_THAT(row["object"].text(), Not(HasSubstr("Hello")));
  });
}

TEST_P(PostsTest, RequiringApprovalTakesBackWhatNobodyApproved) {
  run([](Home& home) -> io::Task<> {
    auto post = co_await home.posts.create(home.owner, home.write("Hello", Home::at(noon + 1h)));
    co_await home.require_approval();
    co_await home.posts.hold_unapproved(home.database, home.owner.workspace);
    auto held = co_await home.posts.get(home.owner.workspace, post->id);
    EXPECT_EQ(held->state(), PostState::awaiting_approval);
    co_await home.posts.approve(home.owner, post->id, {});
    co_await home.posts.hold_unapproved(home.database, home.owner.workspace);
    auto kept = co_await home.posts.get(home.owner.workspace, post->id);
    EXPECT_EQ(kept->state(), PostState::scheduled);
  });
}

TEST_P(PostsTest, CreatingAndMovingTellOfClashesAndTwins) {
  run([](Home& home) -> io::Task<> {
    auto first = co_await home.posts.create(home.owner, home.write("Same", Home::at(noon + 1h)));
    EXPECT_TRUE(first->warnings.empty());
    auto second =
        co_await home.posts.create(home.owner, home.write("same", Home::at(noon + 1h + 10s)));
    EXPECT_EQ(second->warnings.size(), 2U);
    const PostChange away{.when = Home::at(noon + 24h * 30), .too_late = {}};
    auto moved = co_await home.posts.change(home.owner, second->id, away, {});
    EXPECT_EQ(moved->warnings.size(), 1U);
    EXPECT_THAT(moved->warnings.at(0).notice.message, HasSubstr("on 2026-11-23"));
    const PostChange back{.when = Home::at(noon + 1h + 20s), .too_late = {}};
    EXPECT_EQ((co_await home.posts.change(home.owner, second->id, back, {}))->warnings.size(), 2U);
  });
}

TEST_P(PostsTest, CancelAndRemove) {
  run([](Home& home) -> io::Task<> {
    auto post = co_await home.posts.create(home.owner, home.write("Hello", Home::at(noon + 1h)));
    EXPECT_EQ((co_await home.posts.cancel(home.owner, post->id, {}))->state(),
              PostState::cancelled);
    EXPECT_EQ((co_await home.posts.cancel(home.owner, post->id, {})).error().status, 409);
    EXPECT_TRUE((co_await home.posts.remove(home.owner, post->id, {})).has_value());
    EXPECT_EQ((co_await home.posts.get(home.owner.workspace, post->id)).error().status, 404);
    auto out = co_await home.posts.create(home.owner, home.write("Hello", Home::at(noon + 1h)));
    co_await home.set_state(out->id, TargetState::published);
    EXPECT_EQ((co_await home.posts.remove(home.owner, out->id, {})).error().status, 409);
  });
}

TEST_P(PostsTest, NothingCrossesTheWorkspace) {
  run([](Home& home) -> io::Task<> {
    auto post = co_await home.posts.create(home.owner, home.write("Hello", Home::at(noon + 1h)));
    accounts::Principal stranger = home.owner;
    stranger.workspace = base::WorkspaceId::make();
    EXPECT_EQ((co_await home.posts.get(stranger.workspace, post->id)).error().status, 404);
    EXPECT_EQ((co_await home.posts.cancel(stranger, post->id, {})).error().status, 404);
    EXPECT_EQ((co_await home.posts.remove(stranger, post->id, {})).error().status, 404);
    EXPECT_EQ((co_await home.posts.timeline(stranger.workspace, post->id)).error().status, 404);
    EXPECT_THAT((co_await home.posts.list(stranger.workspace, {}))->posts, IsEmpty());
    const PostInput theirs = home.write("Mine", Home::at(noon + 1h));
    EXPECT_EQ((co_await home.posts.create(stranger, theirs)).error().status, 422);
  });
}

TEST_P(PostsTest, SlotsAreTakenOnceEach) {
  run([](Home& home) -> io::Task<> {
    const SlotTime daily{
        .weekdays = "1234567", .time_of_day = "09:00", .time_zone = "Europe/Paris"};
    EXPECT_TRUE((co_await home.slots.add(home.owner.workspace, home.bluesky, daily)).has_value());
    EXPECT_EQ((co_await home.slots.add(home.owner.workspace, home.bluesky, daily)).error().status,
              409);
    const When queue{.type = WhenType::next_slot};
    auto first = co_await home.posts.create(home.owner, home.write("a", queue));
    EXPECT_EQ(first->due_at, *base::parse_rfc3339("2026-11-24T08:00:00Z"));
    // A post put there by hand occupies its slot too.
    auto by_hand = co_await home.posts.create(
        home.owner, home.write("b", Home::at(*base::parse_rfc3339("2026-11-25T08:00:00Z"))));
    auto both = co_await (home.posts.create(home.owner, home.write("c", queue)) &&
                          home.posts.create(home.owner, home.write("d", queue)));
    const auto one = std::get<0>(both)->due_at;
    const auto two = std::get<1>(both)->due_at;
    EXPECT_EQ(std::min(one, two), *base::parse_rfc3339("2026-11-26T08:00:00Z"));
    EXPECT_EQ(std::max(one, two), *base::parse_rfc3339("2026-11-27T08:00:00Z"));
    // A cancelled post gives its slot back.
    co_await home.posts.cancel(home.owner, first->id, {});
    auto next = co_await home.slots.next(home.database, home.bluesky);
    EXPECT_EQ(next->at, *base::parse_rfc3339("2026-11-24T08:00:00Z"));
    auto none = home.write("e", queue);
    none.variants[0].account = home.mastodon;
    EXPECT_EQ((co_await home.posts.create(home.owner, none)).error().status, 422);
  });
}

TEST_P(PostsTest, WarnsOfTwinsClashesAndMissingAltText) {
  run([](Home& home) -> io::Task<> {
    co_await home.posts.create(home.owner, home.write("Hello  World", Home::at(noon + 1h)));
    auto item = co_await home.media.upload(home.owner.workspace, png, "");
    PostInput twin = home.write("hello world", Home::at(noon + 1h + 20s));
    twin.parts[0].media = {item->id};
    auto result = co_await home.posts.validate(home.owner, twin);
    EXPECT_TRUE(result->ok);
    const auto& warnings = result->checked.checks.at(0).warnings;
    EXPECT_THAT(warnings, Contains(Field(&base::FieldError::field, "when")));
    EXPECT_THAT(warnings, Contains(Field(&base::FieldError::message, HasSubstr("same text"))));
    EXPECT_THAT(warnings, Contains(Field(&base::FieldError::field, "parts[0].media")));
    EXPECT_EQ(result->checked.checks.at(0).counts.at(0).used, 11);
    auto other = co_await home.posts.validate(home.owner, home.write("Else", Home::at(noon + 9h)));
    EXPECT_THAT(other->checked.checks.at(0).warnings, IsEmpty());
    auto rows = co_await home.database.execute("SELECT COUNT(*) FROM posts");
    EXPECT_EQ(rows[0][0].integer(), 1);
  });
}

TEST_P(PostsTest, PagesAreStableAndRangesInOrderOfTime) {
  run([](Home& home) -> io::Task<> {
    for (int i : {5, 1, 4, 2, 3}) {
      co_await home.posts.create(home.owner, home.write(fmt::format("n{} 100%", i),
                                                        Home::at(noon + std::chrono::hours{i})));
    }
    PostFilter filter{.limit = 2};
    std::vector<std::string> newest;
    for (int page = 0; page < 3; ++page) {
      auto got = co_await home.posts.list(home.owner.workspace, filter);
      for (const Post& post : got->posts) newest.push_back(post.parts[0].text.substr(0, 2));
      filter.cursor = got->next_cursor;
    }
    EXPECT_THAT(newest, ::testing::ElementsAre("n3", "n2", "n4", "n1", "n5"));
    EXPECT_THAT(filter.cursor, IsEmpty());

    PostFilter range{.from = noon + 2h, .to = noon + 5h, .limit = 2};
    auto first = co_await home.posts.list(home.owner.workspace, range);
    EXPECT_EQ(first->posts.at(0).due_at, noon + 2h);
    range.cursor = first->next_cursor;
    auto second = co_await home.posts.list(home.owner.workspace, range);
    EXPECT_EQ(second->posts.size(), 1u);
    EXPECT_EQ(second->posts.at(0).due_at, noon + 4h);

    EXPECT_EQ((co_await home.posts.list(home.owner.workspace, {.search = "n3 100%"}))->posts.size(),
              1u);
    EXPECT_EQ((co_await home.posts.list(home.owner.workspace, {.search = "n_"}))->posts.size(), 0u);
    EXPECT_EQ((co_await home.posts.list(home.owner.workspace, {.cursor = "x"})).error().status,
              422);
  });
}

TEST_P(PostsTest, SqlAndCodeDeriveTheSameState) {
  run([](Home& home) -> io::Task<> {
    PostInput input = home.write("Hello", Home::at(noon + 1h));
    input.variants.push_back({.account = home.mastodon, .parts = {}});
    auto post = co_await home.posts.create(home.owner, input);
    for (TargetState a : target_states) {
      for (TargetState b : target_states) {
        co_await home.database.execute("UPDATE targets SET state = $2 WHERE account_id = $1",
                                       {home.bluesky, to_string(a)});
        co_await home.database.execute("UPDATE targets SET state = $2 WHERE account_id = $1",
                                       {home.mastodon, to_string(b)});
        const PostState derived = derive_post_state({a, b});
        auto found = co_await home.posts.list(home.owner.workspace, {.state = derived});
        EXPECT_EQ(found->posts.size(), 1u) << to_string(a) << " " << to_string(b);
      }
    }
    co_await home.database.execute("DELETE FROM targets");
    EXPECT_EQ(
        (co_await home.posts.list(home.owner.workspace, {.state = PostState::draft}))->posts.size(),
        1u);
  });
}

TEST_P(PostsTest, DisconnectingAnAccountCallsOffWhatWaits) {
  run([](Home& home) -> io::Task<> {
    auto post = co_await home.posts.create(home.owner, home.write("Hello", Home::at(noon + 1h)));
    home.accounts.on_disconnect([&home](db::Session& session, base::AccountId account) {
      return home.posts.cancel_for_account(session, account);
    });
    EXPECT_TRUE(
        (co_await home.accounts.disconnect(home.owner.workspace, home.bluesky)).has_value());
    auto after = co_await home.posts.get(home.owner.workspace, post->id);
    EXPECT_EQ(after->state(), PostState::cancelled);
    EXPECT_THAT(after->targets.at(0).state_reason, HasSubstr("disconnected"));
  });
}

TEST_P(PostsTest, ApiWalk) {
  run([](Home& home) -> io::Task<> {
    Api api(home);
    const std::string body =
        fmt::format(R"({{"parts":[{{"text":"Hello"}}],"variants":[{{"account_id":"{}"}}],)"
                    R"("when":{{"type":"at","at":"2026-11-23T15:00:00Z"}}}})",
                    home.bluesky.value);
    auto made = co_await api.send("POST", "/api/posts", body);
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.headers.get("ETag"), "\"1\"");
    const json::value post = json::parse(made.body);
    const std::string path = "/api/posts/" + std::string(post.at("id").as_string());
    EXPECT_EQ(post.at("local").as_string(), "2026-11-23T16:00:00");
    EXPECT_EQ(post.at("targets").at(0).at("state").as_string(), "scheduled");

    const std::string later = R"({"when":{"type":"at","local":"2026-11-24T09:00"}})";
    EXPECT_EQ((co_await api.send("PATCH", path, later, "\"7\"")).status, 412);
    auto moved = co_await api.send("PATCH", path, later, "\"1\"");
    EXPECT_EQ(json::parse(moved.body).at("due_at").as_string(), "2026-11-24T08:00:00Z");
    EXPECT_EQ((co_await api.send("PATCH", path, later, "new")).status, 400);
    auto range =
        co_await api.send("GET", "/api/posts?from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z");
    EXPECT_EQ(json::parse(range.body).at("items").as_array().size(), 1u);
    EXPECT_EQ((co_await api.send("GET", "/api/posts?limit=0&state=odd")).status, 422);
    EXPECT_EQ((co_await api.send("POST", path + "/cancel", "")).status, 200);
    EXPECT_EQ((co_await api.send("GET", path + "/timeline")).status, 200);
    EXPECT_EQ((co_await api.send("DELETE", path)).status, 204);
    EXPECT_EQ((co_await api.send("GET", path)).status, 404);
    EXPECT_EQ((co_await api.send("POST", "/api/schedule", body)).status, 201);
  });
}

TEST_P(PostsTest, ApiNamesEveryBadFieldAndStoresNothing) {
  run([](Home& home) -> io::Task<> {
    Api api(home);
    auto bad = co_await api.send(
        "POST", "/api/posts",
        R"({"parts":[{"txt":"x","media":["../etc"]}],"variants":[{"account_id":"a"},)"
        R"({"account_id":"a"}],"when":{"type":"soon"},"too_late":{"policy":"x"},"more":1})");
    EXPECT_EQ(bad.status, 422);
    for (const char* field : {"parts[0].text", "parts[0].txt", "parts[0].media",
                              "variants[1].account_id", "when.type", "too_late.policy", "more"}) {
      EXPECT_THAT(bad.body, HasSubstr("\"" + std::string(field) + "\"")) << bad.body;
    }
    EXPECT_EQ((co_await api.send("POST", "/api/posts", "{")).status, 400);
    api.known = false;
    EXPECT_EQ((co_await api.send("GET", "/api/posts")).status, 401);
    api.known = true;
    api.owner.role = accounts::Role::viewer;
    EXPECT_EQ((co_await api.send("POST", "/api/posts", "{}")).status, 403);
    EXPECT_EQ((co_await api.send("POST", "/api/posts/x/approve")).status, 403);
  });
}

TEST_P(PostsTest, ApiOfSlots) {
  run([](Home& home) -> io::Task<> {
    Api api(home);
    const std::string slot =
        fmt::format(R"({{"account_id":"{}","weekdays":[1,3],"time":"17:30"}})", home.bluesky.value);
    auto made = co_await api.send("POST", "/api/slots", slot);
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(json::parse(made.body).at("time_zone").as_string(), "Europe/Paris");
    auto next = co_await api.send("GET", "/api/slots/next?account_id=" + home.bluesky.value);
    EXPECT_EQ(json::parse(next.body).at("local").as_string(), "2026-11-23T17:30:00");
    EXPECT_EQ(
        (co_await api.send("POST", "/api/slots", R"({"account_id":"a","time":"25:00"})")).status,
        422);
    auto listed = co_await api.send("GET", "/api/slots");
    const std::string id(json::parse(listed.body).at("items").at(0).at("id").as_string());
    EXPECT_EQ((co_await api.send("DELETE", "/api/slots/" + id)).status, 204);
  });
}

}  // namespace
}  // namespace posts
