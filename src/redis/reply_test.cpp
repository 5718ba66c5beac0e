#include "redis/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace redis {
namespace {

using testing::HasSubstr;

std::string failure_of(std::string_view bytes, ReplyLimits limits = {}) {
  ReplyReader reader(limits);
  reader.feed(bytes);
  for (;;) {
    const auto next = reader.next();
    if (!next) {
      EXPECT_FALSE(reader.next().has_value()) << "a failed reader stays failed";
      return next.error();
    }
    if (!*next) return "";
  }
}

std::vector<Reply> replies_of(std::string_view bytes, std::size_t piece) {
  ReplyReader reader;
  std::vector<Reply> replies;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece));
    for (auto next = reader.next(); next && *next; next = reader.next()) {
      replies.push_back(std::move(**next));
    }
  }
  return replies;
}

TEST(ReplyReader, ReadsEveryKindHoweverTheBytesAreCut) {
  const std::string bytes =
      "+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nbc\r\n$-1\r\n*-1\r\n$0\r\n\r\n"
      "*3\r\n$7\r\nmessage\r\n*2\r\n:1\r\n$-1\r\n+x\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, bytes.size()}) {
    const std::vector<Reply> replies = replies_of(bytes, piece);
    ASSERT_EQ(replies.size(), 8u) << piece;
    EXPECT_EQ(replies[0].kind, Reply::Kind::status);
    EXPECT_EQ(replies[0].text, "OK");
    EXPECT_EQ(replies[1].kind, Reply::Kind::error);
    EXPECT_EQ(replies[1].text, "ERR no");
    EXPECT_EQ(replies[2].integer, -42);
    EXPECT_EQ(replies[3].text, "a\r\nbc");
    EXPECT_EQ(replies[4].kind, Reply::Kind::nil);
    EXPECT_EQ(replies[5].kind, Reply::Kind::nil);
    EXPECT_EQ(replies[6].kind, Reply::Kind::string);
    ASSERT_EQ(replies[7].elements.size(), 3u);
    EXPECT_EQ(replies[7].elements[0].text, "message");
    EXPECT_EQ(replies[7].elements[1].elements[0].integer, 1);
    EXPECT_EQ(replies[7].elements[2].text, "x");
  }
}

TEST(ReplyReader, RefusesWhatIsNoAnswer) {
  for (const char* bytes :
       {"HTTP/1.1 400 Bad Request\r\n", "?\r\n", ":12x\r\n", "$x\r\n", "$-7\r\n", "*-9\r\n",
        "*99999999999\r\n", "$99999999999999999999\r\n"}) {
    EXPECT_NE(failure_of(bytes), "") << bytes;
  }
}

TEST(ReplyReader, BoundsPartsDepthAndLength) {
  EXPECT_THAT(failure_of("*11\r\n", {.elements_max = 10}), HasSubstr("memory"));
  EXPECT_THAT(failure_of("*6\r\n*6\r\n", {.elements_max = 10}), HasSubstr("too many parts"));
  EXPECT_EQ(failure_of("*6\r\n*4\r\n", {.elements_max = 10}), "");
  std::string deep;
  for (int level = 0; level < 50; ++level) deep += "*1\r\n";
  EXPECT_NE(failure_of(deep), "");
  EXPECT_THAT(failure_of("$1000\r\n" + std::string(200, 'x'), {.bytes_max = 100}),
              HasSubstr("more than 100 bytes"));
}

TEST(ReplyReader, CountsEachAnswerByItself) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i)
    bytes +=
        "*8\r\n" + std::string("+0123456789\r\n") + ":1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n";
  EXPECT_EQ(failure_of(bytes, {.bytes_max = 100, .elements_max = 10}), "");
}

TEST(Command, IsBinarySafe) {
  EXPECT_EQ(encode_command({"SET", "k", std::string("a\r\n\0b", 5)}),
            std::string("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\n\0b\r\n", 31));
}

}  // namespace
}  // namespace redis
