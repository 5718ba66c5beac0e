// Other servers that speak the Mastodon API, with less in their answers than Mastodon has.
#include "networks/mastodon/lookup.h"

#include "networks/testing.h"
#include "networks/testing_stage.h"

#include <gtest/gtest.h>

namespace networks::mastodon {
namespace {

using testing::FakeHttp;
using testing::run;

class OnlyThese final : public OtherPosts {
 public:
  explicit OnlyThese(std::set<std::string> ids) : ids_(std::move(ids)) {}
  io::Task<bool> include(base::AccountId, std::string remote_id) override {
    co_return ids_.contains(remote_id);
  }

 private:
  std::set<std::string> ids_;
};

class Lookup : public ::testing::Test {
 protected:
  Lookup() { clock_.advance(std::chrono::minutes(5)); }

  static std::string at(std::chrono::seconds later) {
    return base::format_rfc3339(testing::stage_start + later);
  }
  static json::object status(std::string id, std::string content, std::chrono::seconds later) {
    return {
        {"id", id}, {"content", content}, {"created_at", at(later)}, {"url", "https://s.test/1"}};
  }
  Frozen frozen(json::object body) {
    return {json::serialize(json::object{{"key", "k"},
                                         {"created_at", base::to_micros(testing::stage_start)},
                                         {"body", std::move(body)}})};
  }
  Found find(json::array page, std::string text = "Hello", OtherPosts* others = nullptr) {
    http_ = FakeHttp();
    http_.answer_json(200, json::serialize(page));
    http_.answer_json(200, json::serialize(page));  // a server without pages
    return find_in(frozen({{"status", text}}), others);
  }
  Found find_in(Frozen what, OtherPosts* others = nullptr) {
    return run<Found>([&] {
      return by_id("mastodon")
          ->find({.http = &http_, .clock = &clock_, .others = others}, account_, what);
    });
  }
  static std::string id_of(const Found& found) {
    const auto* there = std::get_if<Published>(&found);
    return there != nullptr ? there->remote_id : "";
  }

  FakeHttp http_;
  base::VirtualClock clock_{testing::stage_start};
  const Account account_{.id = base::AccountId("a"),
                         .network = "mastodon",
                         .remote_id = "Abc-7@s.test",
                         .credentials = {{"server", "http://s.test"}, {"access_token", "t"}}};
};

TEST_F(Lookup, AsksForTheAccountsOwnPosts) {
  EXPECT_EQ(id_of(find({status("9xZ", "<p>Hello</p>", std::chrono::seconds(1))})), "9xZ");
  EXPECT_TRUE(
      http_.requests().at(0).url.starts_with("http://s.test/api/v1/accounts/Abc-7/statuses?"));
}

TEST_F(Lookup, TakesTheSourceWhereTheServerShowsIt) {
  auto shown = status("1", "<p>Something else entirely</p>", std::chrono::seconds(1));
  shown["text"] = "Hello";
  EXPECT_EQ(id_of(find({shown})), "1");
}

TEST_F(Lookup, NeverTakesAnOlderPostOfTheSameWords) {
  EXPECT_TRUE(std::holds_alternative<NotThere>(
      find({status("1", "<p>Hello</p>", std::chrono::hours(-1))})));
  // Just before: by hand, or by a clock that is wrong. Nobody but a person can tell.
  const auto close = find({status("1", "<p>Hello</p>", std::chrono::seconds(-30))});
  ASSERT_TRUE(std::holds_alternative<CannotKnow>(close));
  EXPECT_FALSE(std::get<CannotKnow>(close).try_again);
}

TEST_F(Lookup, PrefersTheSurePostToTheDoubtfulOne) {
  EXPECT_EQ(id_of(find({status("2", "<p>Hello</p>", std::chrono::seconds(2)),
                        status("1", "<p>Hello</p>", std::chrono::seconds(-30))})),
            "2");
}

TEST_F(Lookup, LeavesThePostsOfOtherTargetsToThem) {
  OnlyThese others({"1"});
  const json::array both{status("2", "<p>Hello</p>", std::chrono::seconds(3)),
                         status("1", "<p>Hello</p>", std::chrono::seconds(2))};
  EXPECT_EQ(id_of(find(both, "Hello", &others)), "2");
  EXPECT_TRUE(std::holds_alternative<NotThere>(
      find({status("1", "<p>Hello</p>", std::chrono::seconds(2))}, "Hello", &others)));
}

TEST_F(Lookup, SkipsWhatTheAccountOnlyShared) {
  auto shared = status("1", "<p>Hello</p>", std::chrono::seconds(1));
  shared["reblog"] = json::object{{"id", "0"}};
  EXPECT_TRUE(std::holds_alternative<NotThere>(find({shared})));
}

TEST_F(Lookup, BelievesAServerWithoutPagesUnlessItsListIsCutOff) {
  json::array list;
  for (int i = 0; i < 60; ++i)
    list.push_back(status(std::to_string(i), "x", std::chrono::seconds(i)));
  EXPECT_TRUE(std::holds_alternative<NotThere>(find(list)));
  list.resize(20);
  EXPECT_TRUE(std::holds_alternative<CannotKnow>(find(list)));
}

TEST_F(Lookup, EndsWhereTheListEnds) {
  http_.answer_json(200, json::serialize(json::array{status("5", "x", std::chrono::seconds(1))}));
  http_.answer_json(200, "[]");
  EXPECT_TRUE(std::holds_alternative<NotThere>(find_in(frozen({{"status", "Hello"}}))));
  EXPECT_NE(http_.requests().at(1).url.find("max_id=5"), std::string::npos);
}

TEST_F(Lookup, ReadsListsWithOldestFirst) {
  EXPECT_EQ(id_of(find({status("1", "<p>Old</p>", std::chrono::hours(-9)),
                        status("2", "<p>Hello</p>", std::chrono::seconds(1))})),
            "2");
}

TEST_F(Lookup, KnowsItsPicturesWhateverTheWords) {
  const auto what = frozen({{"status", "Look"}, {"media_ids", json::array{"m1", "m2"}}});
  auto there = status("7", "", std::chrono::hours(-2));
  there["media_attachments"] = json::array{json::object{{"id", "m1"}}, json::object{{"id", "m2"}}};
  http_.answer_json(200, json::serialize(json::array{there}));
  EXPECT_EQ(id_of(find_in(what)), "7");
}

TEST_F(Lookup, DoesWithoutPicturesThatTheServerDoesNotShow) {
  const auto what = frozen({{"status", "Look"}, {"media_ids", json::array{"m1"}}});
  auto bare = status("7", "<p>Look</p>", std::chrono::seconds(1));
  http_.answer_json(200, json::serialize(json::array{bare}));
  EXPECT_EQ(id_of(find_in(what)), "7");
  // The same words with another picture.
  bare["media_attachments"] = json::array{json::object{{"id", "m9"}}};
  http_.answer_json(200, json::serialize(json::array{bare}));
  http_.answer_json(200, "[]");
  EXPECT_TRUE(std::holds_alternative<CannotKnow>(find_in(what)));
}

TEST_F(Lookup, HoldsAReplyAgainstItsParent) {
  const auto what = frozen({{"status", "Hello"}, {"in_reply_to_id", "p1"}});
  auto reply = status("7", "<p>Hello</p>", std::chrono::seconds(1));
  const auto found_under = [&](json::value parent) {
    reply["in_reply_to_id"] = std::move(parent);
    http_ = FakeHttp();
    http_.answer_json(200, json::serialize(json::array{reply}));
    http_.answer_json(200, "[]");
    return find_in(what);
  };
  EXPECT_EQ(id_of(found_under("p1")), "7");
  EXPECT_TRUE(std::holds_alternative<NotThere>(found_under("p2")));
  EXPECT_TRUE(std::holds_alternative<CannotKnow>(found_under(nullptr))) << "not kept by the server";
}

TEST_F(Lookup, SaysThatItCannotReadWhatIsNoList) {
  http_.answer_json(200, R"({"items":[]})");
  const auto found = find_in(frozen({{"status", "Hello"}}));
  ASSERT_TRUE(std::holds_alternative<CannotKnow>(found));
  EXPECT_TRUE(std::get<CannotKnow>(found).try_again);
}

}  // namespace
}  // namespace networks::mastodon
