#include "captions/offline.h"

#include "base/text.h"
#include "captions/phrases.h"

#include <gtest/gtest.h>

namespace captions {
namespace {

using namespace std::chrono_literals;

const base::Instant now = *base::parse_rfc3339("2026-11-23T09:00:00Z");

TrendEvidence storm() {
  return {.label = "storm warning",
          .terms = {"coast", "#StormFranz", "ferry", "#coast"},
          .authors = 412,
          .ratio = 17.6,
          .since = now - 3h,
          .sources = {"Bluesky Jetstream", "Mastodon"},
          .languages = {"en"}};
}

Room room_of(std::int64_t graphemes) {
  return {nullptr, {.unit = networks::CountUnit::graphemes, .text_max = graphemes}};
}

TEST(Offline, SaysWhatTheEvidenceSays) {
  const Caption caption = compose_offline(storm(), {}, Room(), now, "No model.");
  EXPECT_EQ(caption.text,
            "storm warning is on the rise. 412 accounts wrote about it at the latest count, about "
            "18 times as many as usual. It has been rising for 3 hours. Often mentioned with it: "
            "coast, ferry. Seen on: Bluesky Jetstream, Mastodon.\n\n#StormWarning #StormFranz "
            "#coast");
  EXPECT_EQ(caption.hashtags, (std::vector<std::string>{"#StormWarning", "#StormFranz", "#coast"}));
  EXPECT_TRUE(caption.offline);
  EXPECT_EQ(caption.model, "");
  EXPECT_EQ(caption.note, "No model. Composed offline from the trend's evidence alone.");
}

TEST(Offline, SaysNothingThatIsNotKnown) {
  const Caption caption = compose_offline({.label = "#Tag"}, {}, Room(), now, "");
  EXPECT_EQ(caption.text, "#Tag is on the rise.");
  const Caption topic =
      compose_offline({.label = "tomatoes", .observed = false}, {}, Room(), now, "");
  EXPECT_EQ(topic.text, "On tomatoes.\n\n#Tomatoes");
  EXPECT_TRUE(topic.note.contains("topic alone"));
  TrendEvidence odd = storm();
  odd.authors = 1;
  odd.ratio = 1.2;
  odd.since = now + 1h;
  const Caption few = compose_offline(odd, {}, Room(), now, "");
  EXPECT_FALSE(few.text.contains("accounts"));
  EXPECT_FALSE(few.text.contains("rising for"));
}

TEST(Offline, SpeaksAllItsLanguagesAndTones) {
  std::set<std::string> texts;
  for (const char* language : {"en", "de", "fr", "es", "pt-BR", "it", "NL"}) {
    for (const Tone tone : {Tone::neutral, Tone::friendly, Tone::professional, Tone::playful}) {
      const Caption caption =
          compose_offline(storm(), {.tone = tone, .language = language}, Room(), now, "");
      EXPECT_TRUE(caption.text.contains("storm warning")) << caption.text;
      EXPECT_TRUE(caption.text.contains("412")) << caption.text;
      EXPECT_FALSE(caption.text.contains("{}")) << caption.text;
      EXPECT_TRUE(base::is_utf8(caption.text));
      texts.insert(caption.text);
    }
  }
  EXPECT_EQ(texts.size(), 28U);
}

TEST(Offline, SaysSoWhenItDoesNotKnowALanguage) {
  const Caption caption = compose_offline(storm(), {.language = "ja"}, Room(), now, "");
  EXPECT_TRUE(caption.text.contains("is on the rise"));
  EXPECT_TRUE(caption.note.contains("this is English")) << caption.note;
}

TEST(Offline, TakesTheTrendsLanguage) {
  TrendEvidence evidence = storm();
  evidence.languages = {"de", "en"};
  EXPECT_TRUE(
      compose_offline(evidence, {}, Room(), now, "").text.contains("nimmt gerade Fahrt auf"));
}

TEST(Offline, FitsEveryRoom) {
  for (std::int64_t max = 1; max <= 320; ++max) {
    const Caption caption = compose_offline(storm(), {}, room_of(max), now, "");
    EXPECT_LE(base::count_graphemes(caption.text), static_cast<std::size_t>(max)) << caption.text;
    for (const std::string& tag : caption.hashtags) EXPECT_TRUE(caption.text.contains(tag));
  }
  EXPECT_TRUE(compose_offline(storm(), {}, room_of(60), now, "")
                  .text.starts_with("storm warning is on the rise."));
}

TEST(Offline, FitsEveryNetwork) {
  TrendEvidence evidence = storm();
  evidence.label = std::string(90, 'x');
  for (const auto& network : networks::all()) {
    const networks::Limits& limits = network->about().limits;
    const Caption caption = compose_offline(evidence, {}, Room(network.get(), limits), now, "");
    networks::PartDraft part{.text = caption.text, .media = {}};
    if (limits.media_min > 0) part.media = {{.content_type = "image/jpeg", .bytes = 1000}};
    const std::vector<networks::PartDraft> parts(1, part);
    EXPECT_TRUE(network->check(parts, limits).empty()) << network->about().id;
  }
}

TEST(AsHashtag, MakesOnlyHashtags) {
  EXPECT_EQ(as_hashtag("time warner"), "#TimeWarner");
  EXPECT_EQ(as_hashtag("#AppleEvent"), "#AppleEvent");
  EXPECT_EQ(as_hashtag("größe"), "#Größe");
  for (const char* none : {"", "2026", "$AAPL", "example.org/a", "#", "a@b"}) {
    EXPECT_EQ(as_hashtag(none), "") << none;
  }
}

}  // namespace
}  // namespace captions
