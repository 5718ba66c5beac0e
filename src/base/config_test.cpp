#include "base/config.h"

#include "base/id.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace base {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Config, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  Config config({{"B", "environment"}, {"A", "environment"}},
                "a = \"file\"\nb = \"file\"\nc = \"file\"", {{"a", "flag"}});
  std::string a, b, c, d;
  config.text("A", a, "default", "");
  config.text("B", b, "default", "");
  config.text("C", c, "default", "");
  config.text("D", d, "default", "");
  EXPECT_EQ(a + b + c + d, "flagenvironmentfiledefault");
  EXPECT_THAT(config.problems(), IsEmpty());
  EXPECT_EQ(config.entries()[2].origin, "socialtrend.toml");
}

TEST(Config, NamesTheKeyAndTheMend) {
  Config config({{"PORT", "99999"}, {"WAIT", "5"}, {"LEVEL", "loud"}, {"ON", "maybe"}}, "", {});
  std::int64_t port = 0;
  std::chrono::milliseconds wait{};
  std::string level;
  bool on = false;
  config.integer("PORT", port, 8080, 1, 65535, "");
  config.duration("WAIT", wait, std::chrono::seconds(10), std::chrono::seconds(1),
                  std::chrono::minutes(5), "");
  config.choice("LEVEL", level, "info", {"info", "warn"}, "");
  config.boolean("ON", on, false, "");
  const auto problems = config.problems();
  ASSERT_EQ(problems.size(), 4U);
  EXPECT_THAT(
      problems,
      Contains(HasSubstr("PORT=99999 (environment): must be a whole number from 1 to 65535")));
  EXPECT_THAT(problems, Contains(HasSubstr("such as 30s or 5m")));
  EXPECT_THAT(problems, Contains(HasSubstr("must be one of info, warn")));
  EXPECT_EQ(port, 8080);
}

TEST(Config, UnknownKeysAreErrors) {
  Config config({{"HOME", "/"}}, "prot = 80\nnested = {a = 1}", {{"wrong", "1"}});
  std::int64_t port = 0;
  config.integer("PORT", port, 8080, 1, 65535, "");
  EXPECT_THAT(config.problems(), testing::SizeIs(3));
}

TEST(Config, BrokenFileNamesTheLine) {
  const Config config({}, "a = 1\nb = = 2", {});
  EXPECT_THAT(config.problems(), Contains(HasSubstr("line 2")));
}

TEST(Config, SecretsAreMaskedAndComeFromFiles) {
  const auto path = std::filesystem::temp_directory_path() / ("secret-" + make_uuid7());
  std::ofstream(path) << "hunter22\n";
  Config config({{"KEY_FILE", path.string()}, {"OTHER_FILE", "/does/not/exist"}}, "", {});
  std::string key, other;
  config.secret("KEY", key, "");
  config.secret("OTHER", other, "");
  EXPECT_EQ(key, "hunter22");
  EXPECT_EQ(config.entries()[0].value, "***");
  EXPECT_THAT(config.problems(), Contains(HasSubstr("OTHER_FILE")));
  std::filesystem::remove(path);
}

TEST(Config, ReferencesToSecretsAreRefusedInClearWords) {
  for (const char* reference :
       {"vault://secret/data/socialtrend#key", "vault:secret/key", "op://vault/item/key",
        "arn:aws:secretsmanager:eu-west-1:1:secret:x", "projects/p/secrets/key/versions/latest",
        "file:///run/secrets/key", "${OPENAI_API_KEY}"}) {
    Config config({{"OPENAI_API_KEY", reference}}, "", {});
    std::string key;
    config.secret("OPENAI_API_KEY", key, "");
    EXPECT_EQ(key, "") << "it is used for nothing";
    const auto problems = config.problems();
    ASSERT_EQ(problems.size(), 1U) << reference;
    EXPECT_TRUE(problems[0].contains("OPENAI_API_KEY_FILE")) << problems[0];
    EXPECT_FALSE(problems[0].contains("data/socialtrend")) << problems[0];
  }
  for (const char* plain : {"sk-proj-1", "id:dmF1bHQ6", "postgres://u:vault@h/secrets", ""}) {
    Config config({{"OPENAI_API_KEY", plain}}, "", {});
    std::string key;
    config.secret("OPENAI_API_KEY", key, "");
    EXPECT_EQ(key, plain);
    EXPECT_TRUE(config.problems().empty());
  }
}

TEST(Durations, NeedAUnit) {
  EXPECT_EQ(parse_duration("250ms"), std::chrono::milliseconds(250));
  EXPECT_EQ(parse_duration("2h"), std::chrono::hours(2));
  for (const char* text : {"", "5", "s", "-1s", "1.5s", "1 s", "99999999999s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace base
