#include "app/settings.h"

#include "base/id.h"

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Settings, EmbeddedByDefault) {
  const LoadedSettings loaded = load_settings({.role = "all-in-one"}, {{"HOME", "/home/ada"}});
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.settings.database_url,
            "sqlite:///home/ada/.local/share/socialtrend/socialtrend.db");
  EXPECT_EQ(loaded.settings.bind, "127.0.0.1");
  EXPECT_EQ(loaded.settings.port, 8080);
  EXPECT_TRUE(is_embedded(loaded.settings));
}

TEST(Settings, EachRoleHasItsPort) {
  EXPECT_EQ(load_settings({.role = "backend"}, {}).settings.port, 8000);
  EXPECT_EQ(load_settings({.role = "automation"}, {}).settings.port, 5000);
  EXPECT_EQ(load_settings({.role = "worker"}, {}).settings.port, 9100);
  EXPECT_EQ(load_settings({.role = "frontend"}, {}).settings.port, 8080);
  EXPECT_EQ(load_settings({.role = "frontend"}, {}).settings.bind, "0.0.0.0");
}

TEST(Settings, UnderstandTheSeparateNames) {
  const LoadedSettings loaded = load_settings(
      {.role = "backend"},
      {{"DB_HOST", "db"}, {"DB_USER", "us er"}, {"DB_PASSWORD", "p@ss"}, {"DB_NAME", "trends"}});
  EXPECT_EQ(loaded.settings.database_url, "postgres://us%20er:p%40ss@db:5432/trends");
}

TEST(Settings, NetworksAreChecked) {
  const LoadedSettings loaded =
      load_settings({.role = "all-in-one"}, {{"ALLOW_PRIVATE_NETWORKS", "10.0.0.0/99"}});
  EXPECT_THAT(loaded.problems, Contains(HasSubstr("ALLOW_PRIVATE_NETWORKS")));
}

TEST(Settings, AMalformedRedisUrlIsSaidWithoutRepeatingIt) {
  const LoadedSettings loaded =
      load_settings({.role = "all-in-one"}, {{"REDIS_URL", "http://:secret@cache"}});
  EXPECT_THAT(loaded.problems, Contains(HasSubstr("REDIS_URL")));
  EXPECT_THAT(loaded.problems, Not(Contains(HasSubstr("secret"))));
}

TEST(Settings, AReplicaNeedsAPrimary) {
  const std::pair<const std::string, std::string> replica{"DATABASE_REPLICA_URL",
                                                          "postgres://u:secret@replica/x"};
  const LoadedSettings alone = load_settings({.role = "all-in-one"}, {replica});
  EXPECT_THAT(alone.problems, Contains(HasSubstr("DATABASE_REPLICA_URL")));
  EXPECT_THAT(alone.problems, Not(Contains(HasSubstr("secret"))));
  const LoadedSettings both =
      load_settings({.role = "all-in-one"}, {replica, {"DATABASE_URL", "postgres://u@db/x"}});
  EXPECT_THAT(both.problems, IsEmpty());
}

TEST(Settings, AMissingFileIsSaid) {
  const LoadedSettings loaded =
      load_settings({.role = "all-in-one", .config_file = "/none.toml"}, {});
  EXPECT_THAT(loaded.problems, Contains(HasSubstr("/none.toml")));
}

class KeyFile : public testing::Test {
 protected:
  KeyFile() { std::filesystem::create_directories(folder_); }
  ~KeyFile() override { std::filesystem::remove_all(folder_); }

  Settings settings() const {
    return load_settings({.role = "all-in-one", .values = {{"DATA_DIR", folder_.string()}}}, {})
        .settings;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("socialtrend-" + base::make_uuid7());
};

TEST_F(KeyFile, IsMadeOnceForItsOwnerAlone) {
  const auto first = open_vault(settings());
  ASSERT_TRUE(first);
  const std::string sealed = first->seal("secret", "here");
  EXPECT_EQ(open_vault(settings())->open(sealed, "here").value(), "secret");
  const auto rights = std::filesystem::status(folder_ / "app.key").permissions();
  EXPECT_EQ(rights & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
            std::filesystem::perms::none);
}

TEST_F(KeyFile, IsTheSameForProcessesThatStartTogether) {
  std::vector<std::string> derived(8);
  std::vector<std::thread> starters;
  for (std::string& into : derived) {
    starters.emplace_back(
        [this, &into] { into = open_vault(settings())->signer("test").sign("text"); });
  }
  for (std::thread& starter : starters) starter.join();
  for (const std::string& value : derived) EXPECT_EQ(value, derived.front());
}

TEST_F(KeyFile, IsNotMadeForPostgres) {
  Settings given = settings();
  given.database_url = "postgres://db/x";
  ASSERT_FALSE(open_vault(given));
  EXPECT_THAT(open_vault(given).error().message, HasSubstr("--make-key"));
}

}  // namespace
}  // namespace app
