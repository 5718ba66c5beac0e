#include "trends/language.h"

#include <gtest/gtest.h>

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view english = "The bridge over the river has been closed since this morning";

TEST(Language, IsToldOfSentences) {
  EXPECT_EQ(detect_language(english), "en");
  EXPECT_EQ(detect_language("Die Brücke über den Fluss ist seit heute Morgen gesperrt"), "de");
  EXPECT_EQ(detect_language("Le pont sur la rivière est fermé depuis ce matin à cause du vent"),
            "fr");
  EXPECT_EQ(detect_language("El puente sobre el río está cerrado desde esta mañana"), "es");
  EXPECT_EQ(detect_language("今朝から川に架かる橋が通行止めになっています"), "ja");
  EXPECT_EQ(detect_language("Мост через реку закрыт с сегодняшнего утра из-за ветра"), "ru");
  EXPECT_EQ(detect_language("สะพานข้ามแม่น้ำปิดตั้งแต่เช้านี้"), "th");
  EXPECT_EQ(detect_language("הגשר מעל הנהר סגור מאז הבוקר"), "he");
}

TEST(Language, IsUnknownWhenItCannotBeTold) {
  for (const char* text :
       {"", "lol", "#tag @someone https://example.org/a/page", "12345", "🎉🎉🎉", "\xFF\xFE\x80"}) {
    EXPECT_EQ(detect_language(text), "") << text;
  }
}

TEST(Language, LinksAndNamesDoNotCount) {
  EXPECT_EQ(detect_language("@the_one_and_only https://example.org/this-is-what-the-link-says-here "
                            "Die Brücke über den Fluss ist seit heute Morgen gesperrt"),
            "de");
}

TEST(Language, CostsNoMoreThanItMay) {
  LanguageDetector detector(2);
  base::Instant now = *base::parse_rfc3339("2026-05-04T12:00:00Z");
  EXPECT_EQ(detector.detect(english, now), "en");
  EXPECT_EQ(detector.detect(english, now), "en");
  EXPECT_EQ(detector.detect(english, now), "") << "that was all for this second";
  now += 500ms;
  EXPECT_EQ(detector.detect(english, now), "en");
  EXPECT_EQ(detector.detect(english, now), "");
  now += 1h;
  EXPECT_EQ(detector.detect(english, now), "en");
  EXPECT_EQ(detector.detect(english, now), "en");
  EXPECT_EQ(detector.detect(english, now), "") << "nothing is saved up";
}

}  // namespace
}  // namespace trends
