#include "networks/results.h"

#include "networks/bluesky/session.h"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace networks {
namespace {

using ::testing::ElementsAre;

class Answers final : public http::Client {
 public:
  std::deque<http::ClientResponse> next;
  std::vector<std::string> asked;
  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest request) override {
    asked.push_back(request.url);
    auto answer = std::move(next.front());
    next.pop_front();
    co_return answer;
  }
};

io::Task<> read_into(Answers& answers, Account account, std::vector<std::string> ids,
                     PostResults& results) {
  const base::SystemClock clock;
  const Context context{.http = &answers, .clock = &clock};
  results = co_await read_results(context, std::move(account), std::move(ids));
}

PostResults read(Answers& answers, const Account& account, const std::vector<std::string>& ids) {
  PostResults results;
  io::run([&] { return read_into(answers, account, ids, results); });
  return results;
}

TEST(Results, MastodonTellsOfEachPost) {
  Answers answers;
  answers.next = {
      {.status = 200, .body = R"({"favourites_count": 7, "reblogs_count": 2, "replies_count": 1})"},
      {.status = 404, .body = "{}"}};
  const Account account{.network = "mastodon",
                        .credentials = {{"server", "https://m.example"}, {"access_token", "t"}}};
  const auto results = read(answers, account, {"1/../2", "2"});
  ASSERT_TRUE(results.has_value());
  ASSERT_EQ(results->size(), 1u) << "what is gone is missing";
  EXPECT_EQ(results->at(0).likes + results->at(0).reposts + results->at(0).replies, 10);
  EXPECT_THAT(answers.asked, ElementsAre("https://m.example/api/v1/statuses/1%2F..%2F2",
                                         "https://m.example/api/v1/statuses/2"));
}

TEST(Results, WhatCannotBeReadIsNoResult) {
  Answers answers;
  answers.next = {{.status = 503, .body = "<html>"}};
  const Account account{.network = "mastodon",
                        .credentials = {{"server", "https://m.example"}, {"access_token", "t"}}};
  EXPECT_FALSE(read(answers, account, {"1"}).has_value());
}

TEST(Results, BlueskyTellsOfAllAtOnce) {
  Answers answers;
  answers.next = {{.status = 200,
                   .body = R"({"posts": [{"uri": "at://did:plc:a/p/1", "likeCount": 4,)"
                           R"( "repostCount": 1}]})"}};
  Account account{.network = "bluesky", .remote_id = "did:plc:a"};
  bluesky::put_session(account.credentials, {.service = "https://b.example",
                                             .pds = "https://b.example",
                                             .did = "did:plc:a",
                                             .handle = "a.example",
                                             .access = "a",
                                             .refresh = "r"});
  const auto results = read(answers, account, {"at://did:plc:a/p/1", "at://did:plc:a/p/2"});
  ASSERT_TRUE(results.has_value());
  ASSERT_EQ(results->size(), 1u);
  EXPECT_EQ(results->at(0).likes, 4);
  EXPECT_EQ(results->at(0).replies, 0);
  EXPECT_THAT(answers.asked.at(0), ::testing::HasSubstr("app.bsky.feed.getPosts?uris=at%3A%2F%2F"));
}

}  // namespace
}  // namespace networks
