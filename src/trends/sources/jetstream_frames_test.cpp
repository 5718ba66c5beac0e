#include "trends/sources/jetstream_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const base::Instant now = *base::parse_rfc3339("2026-11-23T12:00:00Z");
const std::int64_t now_us = base::to_micros(now);

std::string post(std::string record, std::string operation = "create",
                 std::int64_t time_us = now_us) {
  return fmt::format(
      R"({{"did":"did:plc:abc","time_us":{},"kind":"commit","commit":{{"rev":"r","operation":"{}",)"
      R"("collection":"app.bsky.feed.post","rkey":"3kabc","cid":"c","record":{}}}}})",
      time_us, operation, record);
}

std::string post_2(std::string record, std::int64_t seq = 77) {
  return fmt::format(
      R"({{"$type":"message","payload":{{"$type":"network.bsky.jetstream.subscribeEvents#commit","seq":{},)"
      R"("did":"did:plc:abc","time":"2026-11-23T11:59:00.5Z","operation":"create",)"
      R"("collection":"app.bsky.feed.post","rkey":"3kabc","record":{}}}}})",
      seq, record);
}

JetstreamBatch parse(std::vector<std::string> frames) { return parse_jetstream(frames, now); }

TEST(JetstreamFrames, ReadsAPostOfVersion1) {
  const auto batch = parse({post(
      R"({"text":"Hello world","createdAt":"2026-11-23T11:58:00Z","langs":["en-US"],"tags":["Outer"]})")});
  ASSERT_EQ(batch.mentions.size(), 1u);
  const Mention& mention = batch.mentions[0];
  EXPECT_EQ(mention.id, "did:plc:abc/3kabc");
  EXPECT_EQ(mention.author, "did:plc:abc");
  EXPECT_EQ(mention.text, "Hello world");
  EXPECT_EQ(mention.language, "en-US");
  EXPECT_EQ(mention.at, now - 2min);
  EXPECT_EQ(mention.url, "https://bsky.app/profile/did:plc:abc/post/3kabc");
  EXPECT_THAT(mention.tags, ElementsAre("Outer"));
  EXPECT_EQ(batch.time_us, now_us);
  EXPECT_EQ(batch.rejected, 0);
}

TEST(JetstreamFrames, ReadsAPostOfVersion2) {
  const auto batch = parse({post_2(R"({"text":"Hi","createdAt":"2026-11-23T11:59:00Z"})")});
  ASSERT_EQ(batch.mentions.size(), 1u);
  EXPECT_EQ(batch.seq, 77);
  EXPECT_EQ(batch.time_us, now_us - 59'500'000);
}

TEST(JetstreamFrames, ReadsTagsAndLinksByByteOffsets) {
  // "ü" has two bytes: the facets count bytes.
  const auto batch = parse({post(
      R"({"text":"für #Köln example.com/long… see","createdAt":"2026-11-23T11:58:00Z","facets":[)"
      R"({"index":{"byteStart":5,"byteEnd":11},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"Köln"}]},)"
      R"({"index":{"byteStart":12,"byteEnd":31},"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://example.com/long/one"}]}]})")});
  ASSERT_EQ(batch.mentions.size(), 1u);
  EXPECT_THAT(batch.mentions[0].tags, ElementsAre("Köln"));
  EXPECT_THAT(batch.mentions[0].links, ElementsAre("https://example.com/long/one"));
  EXPECT_EQ(batch.mentions[0].text, "für #Köln " + std::string(19, ' ') + " see");
}

TEST(JetstreamFrames, KeepsWordsThatAreALink) {
  const auto batch =
      parse({post(R"({"text":"read this now","facets":[{"index":{"byteStart":5,"byteEnd":9},)"
                  R"("features":[{"uri":"https://example.com/"}]}]})")});
  ASSERT_EQ(batch.mentions.size(), 1u);
  EXPECT_EQ(batch.mentions[0].text, "read this now");
}

TEST(JetstreamFrames, SurvivesHostileFacets) {
  for (const char* index :
       {R"({"byteStart":-1,"byteEnd":4})", R"({"byteStart":3,"byteEnd":1})",
        R"({"byteStart":0,"byteEnd":999999999999})", R"({"byteStart":1,"byteEnd":2})", R"("x")",
        "null", R"({"byteStart":"0","byteEnd":[1]})", R"({"byteStart":0.5,"byteEnd":1e300})"}) {
    const auto batch = parse({post(fmt::format(
        R"({{"text":"ü.x","facets":[{{"index":{},"features":[{{"uri":"https://e.org"}},7,null,{{"tag":5}}]}}]}})",
        index))});
    ASSERT_EQ(batch.mentions.size(), 1u) << index;
    EXPECT_EQ(batch.mentions[0].text, "ü.x") << index;
    EXPECT_THAT(batch.mentions[0].tags, IsEmpty());
  }
}

TEST(JetstreamFrames, DoesNotTrustClientClocks) {
  for (const char* said : {"2999-01-01T00:00:00Z", "2016-01-01T00:00:00Z", "yesterday", ""}) {
    const auto batch = parse({post(fmt::format(R"({{"text":"x y","createdAt":"{}"}})", said))});
    ASSERT_EQ(batch.mentions.size(), 1u);
    EXPECT_EQ(batch.mentions[0].at, now) << said;
  }
}

TEST(JetstreamFrames, LeavesOutWhatIsNoNewPost) {
  const auto batch = parse(
      {R"({"did":"did:plc:a","time_us":1700000000000001,"kind":"identity","identity":{"did":"did:plc:a"}})",
       R"({"did":"did:plc:a","time_us":1700000000000002,"kind":"account","account":{"active":false}})",
       post("null", "delete"), post(R"({"text":"changed"})", "update"),
       R"({"$type":"message","payload":{"$type":"x#identity","seq":5,"did":"d","time":"2026-11-23T11:00:00Z"}})"});
  EXPECT_THAT(batch.mentions, IsEmpty());
  EXPECT_EQ(batch.rejected, 0);
  EXPECT_EQ(batch.seq, 5);
}

TEST(JetstreamFrames, TellsWhatIsGone) {
  const std::string deleted =
      R"({"did":"did:plc:abc","time_us":1795435200000000,"kind":"commit","commit":{"rev":"r",)"
      R"("operation":"delete","collection":"app.bsky.feed.post","rkey":"3kdel"}})";
  const std::string of_likes =
      R"({"did":"did:plc:abc","time_us":1795435200000000,"kind":"commit","commit":{"rev":"r",)"
      R"("operation":"delete","collection":"app.bsky.feed.like","rkey":"3klike"}})";
  const auto batch = parse({deleted, of_likes, post(R"({"text":"changed"})", "update")});
  EXPECT_THAT(batch.mentions, IsEmpty());
  EXPECT_THAT(batch.gone, ElementsAre("did:plc:abc/3kdel", "did:plc:abc/3kabc"));
  EXPECT_EQ(batch.rejected, 0);
}

TEST(JetstreamFrames, CountsBrokenFramesAndKeepsTheGoodOnes) {
  const auto good = post(R"({"text":"good one"})");
  const auto batch =
      parse({good, "{", "", "nonsense", "[1,2]", "7", R"({"a":"\ud800"})", "\xff\xfe{}", "{}{}",
             R"({"time_us":99999999999999999999999999,"kind":"commit"})",
             R"({"time_us":1e400,"kind":"commit"})", post("5"), post(R"({"text":7})"),
             post(R"({"text":"x"})", "create", now_us + 7'200'000'000), good});
  EXPECT_EQ(batch.mentions.size(), 2u);
  EXPECT_EQ(batch.rejected, 13);
  EXPECT_EQ(batch.time_us, now_us);
}

TEST(JetstreamFrames, IsNotSplitByFramesThatHoldTwoDocuments) {
  // One frame that smuggles another after a line break counts as one broken frame.
  const auto batch = parse(
      {post(R"({"text":"one"})") + "\n" + post(R"({"text":"two"})"), post(R"({"text":"three"})")});
  ASSERT_EQ(batch.mentions.size(), 1u);
  EXPECT_EQ(batch.mentions[0].text, "three");
  EXPECT_EQ(batch.rejected, 1);
}

TEST(JetstreamFrames, SurvivesDeepNestingAndHugeFrames) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  const auto batch = parse({post(R"({"text":"ok ok","embed":)" + deep + "}"),
                            post(R"({"text":")" + std::string(900'000, 'a') + R"("})")});
  EXPECT_EQ(batch.rejected, 1);
  ASSERT_EQ(batch.mentions.size(), 1u);
}

TEST(JetstreamFrames, NamesTheErrorThatEndsTheStream) {
  const auto batch = parse({post_2(R"({"text":"last one"})"),
                            R"({"$type":"error","error":"ConsumerTooSlow","message":"go away"})"});
  EXPECT_EQ(batch.mentions.size(), 1u);
  EXPECT_EQ(batch.error, "ConsumerTooSlow");
}

TEST(JetstreamPosition, SurvivesATripAndGarbage) {
  const JetstreamPosition position{.time_us = now_us, .seq = 42, .host = "a.example"};
  const auto back = JetstreamPosition::parse(position.to_text());
  EXPECT_EQ(back.time_us, now_us);
  EXPECT_EQ(back.seq, 42);
  EXPECT_EQ(back.host, "a.example");
  for (const char* garbage :
       {"", "null", "17", "{", R"({"time_us":"x","seq":-1})", R"({"time_us":5,"seq":1e30})"}) {
    const auto none = JetstreamPosition::parse(garbage);
    EXPECT_EQ(none.time_us, 0) << garbage;
    EXPECT_EQ(none.seq, 0) << garbage;
  }
}

}  // namespace
}  // namespace trends
