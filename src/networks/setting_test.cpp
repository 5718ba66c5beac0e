#include "networks/setting.h"

#include "networks/address.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

namespace json = boost::json;

const std::vector<Setting> form = {
    {.key = "server", .label = "Server", .type = Setting::Type::url},
    {.key = "token", .label = "Token", .type = Setting::Type::secret},
    {.key = "mode", .label = "Mode", .required = false, .fallback = "plain"},
    {.key = "relays",
     .label = "Relays",
     .type = Setting::Type::list,
     .fallback = "wss://a\nwss://b"}};

std::vector<std::string> wrong(const json::object& given) {
  const auto result = check_settings(form, given);
  std::vector<std::string> fields;
  if (!result) {
    for (const auto& error : result.error().fields) fields.push_back(error.field);
  }
  return fields;
}

TEST(Settings, FillInFallbacksAndTidyUp) {
  const auto result =
      check_settings(form, {{"server", " Example.ORG:8443/x/ "}, {"token", "t\n"}, {"mode", ""}});
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->at("server").as_string(), "https://example.org:8443/x/");
  EXPECT_EQ(result->at("token").as_string(), "t");
  EXPECT_EQ(result->at("mode").as_string(), "plain");
  EXPECT_EQ(result->at("relays"), (json::array{"wss://a", "wss://b"}));
}

TEST(Settings, TakeListsAsLinesToo) {
  const auto result =
      check_settings(form, {{"server", "a.b"}, {"token", "t"}, {"relays", "x\n\n y \n"}});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->at("relays"), (json::array{"x", "y"}));
}

TEST(Settings, NameEveryWrongField) {
  EXPECT_EQ(wrong({}), (std::vector<std::string>{"server", "token"}));
  EXPECT_EQ(wrong({{"server", "ftp://x"}, {"token", 5}, {"other", "x"}}),
            (std::vector<std::string>{"server", "token", "other"}));
  EXPECT_EQ(wrong({{"server", "a"}, {"token", "a\x01"}, {"relays", 7}}),
            (std::vector<std::string>{"token", "relays"}));
  EXPECT_EQ(wrong({{"server", "a"}, {"token", std::string(4001, 'a')}}),
            (std::vector<std::string>{"token"}));
}

TEST(Address, ReadsWhatItShould) {
  const auto address = parse_address("HTTPS://[2001:DB8::1]:8443/p/q?x=1#frag");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->origin(), "https://[2001:db8::1]:8443");
  EXPECT_EQ(address->path, "/p/q?x=1");
  EXPECT_TRUE(address->secure());
  EXPECT_EQ(parse_address("ws://localhost?x")->path, "/?x");
}

TEST(Address, RefusesTheRest) {
  for (const auto* text : {"", "example.org", "https://", "https://user:pass@host", "https://a b",
                           "file:///etc", "https://host:0", "https://host:99999", "https://host:1x",
                           "https://-a.org", "https://a..b", "https://host/\r\nX: y",
                           "https://host/a b", "javascript://x", "https://[zz]", "https://h\\x"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
}

}  // namespace
}  // namespace networks
