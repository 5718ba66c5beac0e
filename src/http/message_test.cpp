#include "http/message.h"

#include "base/json.h"
#include "http/address_policy.h"
#include "http/syntax.h"
#include "http/target.h"

#include <gtest/gtest.h>

namespace http {
namespace {

TEST(Headers, CompareNamesWithoutCase) {
  Headers headers;
  headers.add("Set-Cookie", "a=1");
  headers.add("set-cookie", "b=2");
  EXPECT_EQ(headers.get("SET-COOKIE"), "a=1");
  headers.set("Set-cookie", "c=3");
  EXPECT_EQ(headers.all().size(), 1U);
  EXPECT_FALSE(headers.has("Cookie"));
  headers.remove("SET-COOKIE");
  EXPECT_EQ(headers.get("Set-Cookie"), "");
}

TEST(Headers, NothingCanSmuggleAnotherHeader) {
  Headers headers;
  headers.set("Location", std::string("/a\r\nSet-Cookie: x=1\0y", 21));
  EXPECT_EQ(headers.get("Location"), "/a  Set-Cookie: x=1 y");
  headers.set("Bad\r\nName", "x");
  headers.set("", "x");
  headers.set("With Space", "x");
  EXPECT_EQ(headers.all().size(), 1U);
}

TEST(Query, DecodesAndKeepsWhatIsMalformed) {
  const Query query = Query::parse("a=1&b=x%20y+z&&c&=d&e=%zz%4&a=2&f=%C3%A9&g=%FF%00");
  EXPECT_EQ(query.get("a"), "1");
  EXPECT_EQ(query.get("b"), "x y z");
  EXPECT_EQ(query.get("c"), "");
  EXPECT_EQ(query.get("e"), "%zz%4");
  EXPECT_EQ(query.get("f"), "\xC3\xA9");
  EXPECT_EQ(query.get("g"), "\xEF\xBF\xBD");
  EXPECT_FALSE(query.get("missing"));
}

TEST(Query, IsBounded) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a=1&";
  EXPECT_EQ(Query::parse(text).pairs.size(), 100U);
}

TEST(Target, SplitsAndDecodes) {
  const auto target = parse_target("/api/caf%C3%A9?q=a%2Fb");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/caf\xC3\xA9");
  EXPECT_EQ(target->query.get("q"), "a/b");
  EXPECT_EQ(parse_target("http://host:80/a?b=1")->path, "/a");
  EXPECT_EQ(parse_target("http://host?b=1")->path, "/");
  EXPECT_EQ(parse_target("http://host")->path, "/");
  EXPECT_EQ(parse_target("/a/")->path, "/a/");
  EXPECT_EQ(parse_target("/..a/.b")->path, "/..a/.b");
}

TEST(Target, RefusesWhatTwoReadersCouldReadDifferently) {
  for (const char* text :
       {"",         "*",      "host:80", "a",         "//evil.example", "/a//b", "/a/../b", "/.",
        "/%2e%2e/", "/a%2fb", "/a\\b",   "/%5c",      "/%00",           "/%0a",  "/%zz",    "/%4",
        "/%ff",     "/a b",   "/a#b",    "/\xC3\xA9", "ftp://host/a",   "?a=1"}) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().status, 400) << text;
  }
  EXPECT_EQ(parse_target("/" + std::string(9000, 'a')).error().status, 414);
}

TEST(Cookie, IsFoundByItsWholeName) {
  Request request;
  request.headers.add("Cookie", "xsession=no; session=\"yes\"; session=second; broken");
  request.headers.add("Cookie", "other=1=2");
  EXPECT_EQ(request.cookie("session"), "yes");
  EXPECT_EQ(request.cookie("other"), "1=2");
  EXPECT_EQ(request.cookie("broken"), "");
  EXPECT_EQ(request.cookie("missing"), "");
}

TEST(Problem, NamesEachField) {
  const Response response = problem({.status = 422,
                                     .code = "invalid",
                                     .message = "Bad.",
                                     .fields = {{"name", "is too long"}},
                                     .retry_after = 7},
                                    "id-1");
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
  EXPECT_EQ(response.headers.get("Retry-After"), "7");
  const auto body = boost::json::parse(response.body);
  EXPECT_EQ(body.at("title").as_string(), "Unprocessable Content");
  EXPECT_EQ(body.at("errors").at(0).at("field").as_string(), "name");
  EXPECT_EQ(body.at("request_id").as_string(), "id-1");
}

TEST(JsonBody, NeedsJsonThatSaysSo) {
  Request request{.body = R"({"a":1})"};
  EXPECT_EQ(json_body(request).error().status, 415);
  request.headers.set("Content-Type", "text/plain");
  EXPECT_EQ(json_body(request).error().status, 415);
  request.headers.set("Content-Type", "Application/JSON; charset=utf-8");
  EXPECT_EQ(json_body(request)->at("a").as_int64(), 1);
  request.body = "{";
  EXPECT_EQ(json_body(request).error().status, 400);
  request.body = "";
  EXPECT_EQ(json_body(request).error().status, 400);
  request.body = std::string(100'000, '[');
  EXPECT_EQ(json_body(request).error().status, 400);
}

TEST(SseEvent, KeepsItsFrame) {
  EXPECT_EQ(sse_event("", "x"), "data: x\n\n");
  EXPECT_EQ(sse_event("a", "1\r\n2\r3\n", "7"),
            "id: 7\nevent: a\ndata: 1\ndata: 2\ndata: 3\ndata: \n\n");
  EXPECT_EQ(sse_event("a\nevent: b", "", "1\r2"), "id: 1\nevent: a\ndata: \n\n");
}

TEST(Syntax, ReadsWeights) {
  EXPECT_TRUE(accepts_encoding("gzip, br;q=0.5", "br"));
  EXPECT_FALSE(accepts_encoding("gzip, br;q=0.000", "br"));
  EXPECT_TRUE(accepts_encoding("*", "br"));
  EXPECT_FALSE(accepts_encoding("*, br; q=0", "br"));
  EXPECT_FALSE(accepts_encoding("", "br"));
  EXPECT_FALSE(accepts_encoding("brr", "br"));
  EXPECT_TRUE(matches_etag("\"a\", W/\"b\"", "\"b\""));
  EXPECT_TRUE(matches_etag("*", "\"b\""));
  EXPECT_FALSE(matches_etag("\"bb\"", "\"b\""));
}

TEST(AddressPolicy, RefusesWhatIsNotPublic) {
  const AddressPolicy policy = *AddressPolicy::parse({});
  for (const char* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "127.0.0.1",
                              "127.255.255.255",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.8",
                              "192.0.2.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.51.100.1",
                              "203.0.113.1",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "::127.0.0.1",
                              "64:ff9b::7f00:1",
                              "64:ff9b::a9fe:a9fe",
                              "64:ff9b:1::808:808",
                              "2002:7f00:1::",
                              "2002:a00:1::1",
                              "2001::1",
                              "2001:db8::1",
                              "3fff::1",
                              "fc00::1",
                              "fd00:ec2::254",
                              "fe80::1",
                              "fec0::1",
                              "ff02::1",
                              "100::1",
                              "5f00::1",
                              "",
                              "localhost",
                              "127.1",
                              "0x7f000001",
                              "1.2.3.4 ",
                              "fe80::1%eth0",
                              "1.2.3.4/8"}) {
    EXPECT_FALSE(policy.allows(address)) << address;
  }
  for (const char* address : {"1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255",
                              "100.128.0.1", "8.8.8.8", "2606:4700::1111", "2a00:1450::1",
                              "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
    EXPECT_TRUE(policy.allows(address)) << address;
  }
}

TEST(AddressPolicy, AllowsNamedNetworks) {
  const AddressPolicy policy = *AddressPolicy::parse({"127.0.0.0/8", "fd00::/8", "10.0.0.7"});
  EXPECT_TRUE(policy.allows("127.0.0.1"));
  EXPECT_TRUE(policy.allows("::ffff:127.0.0.1"));
  EXPECT_TRUE(policy.allows("fd12::1"));
  EXPECT_TRUE(policy.allows("10.0.0.7"));
  EXPECT_FALSE(policy.allows("10.0.0.8"));
  EXPECT_FALSE(policy.allows("::1"));
  EXPECT_FALSE(AddressPolicy::parse({"10.0.0.0/33"}));
  EXPECT_FALSE(AddressPolicy::parse({"10.0.0.0/-1"}));
  EXPECT_FALSE(AddressPolicy::parse({"nonsense"}));
  EXPECT_TRUE(AddressPolicy::allow_all().allows("127.0.0.1"));
}

TEST(InNetwork, ComparesBits) {
  EXPECT_TRUE(in_network("10.1.2.3", "10.0.0.0/8"));
  EXPECT_FALSE(in_network("11.1.2.3", "10.0.0.0/8"));
  EXPECT_TRUE(in_network("192.168.1.129", "192.168.1.128/25"));
  EXPECT_FALSE(in_network("192.168.1.127", "192.168.1.128/25"));
  EXPECT_TRUE(in_network("1.2.3.4", "0.0.0.0/0"));
  EXPECT_FALSE(in_network("::1", "0.0.0.0/0"));
  EXPECT_TRUE(in_network("2001:db8::1", "2001:db8::/32"));
  EXPECT_TRUE(in_network("1.2.3.4", "1.2.3.4"));
  EXPECT_FALSE(in_network("1.2.3.4", "1.2.3.4/"));
  EXPECT_FALSE(in_network("x", "10.0.0.0/8"));
}

}  // namespace
}  // namespace http
