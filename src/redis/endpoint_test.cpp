#include "redis/endpoint.h"

#include "redis/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace redis {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Endpoint, ReadsEveryPart) {
  const auto full = parse_endpoint("rediss://me:p%40ss@example.org:7000/3");
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->tls);
  EXPECT_EQ(full->user, "me");
  EXPECT_EQ(full->password, "p@ss");
  EXPECT_EQ(full->host, "example.org");
  EXPECT_EQ(full->port, "7000");
  EXPECT_EQ(full->database, 3);
  EXPECT_EQ(full->name(), "rediss://example.org:7000/3");

  const auto short_form = parse_endpoint("redis://cache");
  ASSERT_TRUE(short_form);
  EXPECT_EQ(short_form->port, "6379");
  EXPECT_EQ(short_form->database, 0);

  const auto password_only = parse_endpoint("redis://:a@b:c@[::1]:1/");
  ASSERT_TRUE(password_only);
  EXPECT_EQ(password_only->user, "");
  EXPECT_EQ(password_only->password, "a@b:c");
  EXPECT_EQ(password_only->host, "::1");
  EXPECT_EQ(password_only->name(), "redis://[::1]:1/0");

  const auto path = parse_endpoint("unix:///run/redis.sock?db=2");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->socket, "/run/redis.sock");
  EXPECT_EQ(path->database, 2);
}

TEST(Endpoint, RefusesWhatIsMalformedWithoutRepeatingIt) {
  for (const char* url :
       {"", "http://secret@h", "redis://", "redis://secret@", "redis://h:0", "redis://h:secret",
        "redis://h:70000", "redis://h/secret", "redis://h/-1", "redis://[::1", "redis://[::1]x",
        "unix://secret", "unix:///p?secret", "unix:///p?db=secret"}) {
    const auto parsed = parse_endpoint(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_THAT(parsed.error().message, Not(HasSubstr("secret")));
  }
}

TEST(Settings, NoRedisPartsOrUrl) {
  EXPECT_EQ(endpoint_of({}).value(), std::nullopt);
  const auto parts = endpoint_of({.host = "h", .port = 7, .password = "p", .database = 2});
  ASSERT_TRUE(parts && *parts);
  EXPECT_EQ((*parts)->name(), "redis://h:7/2");
  EXPECT_EQ((*parts)->password, "p");
  EXPECT_FALSE(endpoint_of({.url = "nonsense", .host = "h"}));
}

}  // namespace
}  // namespace redis
