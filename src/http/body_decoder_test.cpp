#include "http/body_decoder.h"

#include <gtest/gtest.h>

namespace http {
namespace {

struct Decoded {
  int status = 0;  // 0: no error
  bool done = false;
  std::string body;
  std::size_t taken = 0;
};

Decoded decode(std::string_view bytes, std::size_t step, std::size_t body_max = 100) {
  BodyDecoder decoder = BodyDecoder::chunked(body_max);
  Decoded decoded;
  while (decoded.taken < bytes.size() && !decoder.done()) {
    const auto taken = decoder.put(bytes.substr(decoded.taken, step));
    if (!taken) {
      decoded.status = taken.error().status;
      return decoded;
    }
    decoded.taken += *taken;
  }
  decoded.done = decoder.done();
  decoded.body = decoder.body;
  return decoded;
}

TEST(BodyDecoder, ReadsChunksHoweverTheyAreCut) {
  const std::string bytes = "3;a=\"b\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\n";
  for (std::size_t step = 1; step <= bytes.size() + 4; ++step) {
    const Decoded decoded = decode(bytes + "next", step);
    EXPECT_TRUE(decoded.done) << step;
    EXPECT_EQ(decoded.body, "abc0123456789") << step;
    EXPECT_EQ(decoded.taken, bytes.size()) << step;
  }
}

TEST(BodyDecoder, RefusesWhatIsAmbiguous) {
  for (const char* bytes : {"\r\n",
                            "g\r\n",
                            "-1\r\n",
                            "+1\r\n",
                            "0x1\r\n",
                            " 1\r\na\r\n",
                            "1 \r\na\r\n",
                            "1\na\r\n",
                            "1\r\nab\r\n",
                            "1\r\na\n",
                            "1\r\na\r0\r\n",
                            "1000000000000000\r\n",
                            "1;\x01\r\n",
                            "1;a\rb\r\n",
                            "0\r\n X: folded\r\n\r\n",
                            "0\r\n\tb\r\n\r\n",
                            "0\r\nno colon\r\n\r\n",
                            "0\r\nX : y\r\n\r\n",
                            "0\r\n: y\r\n\r\n",
                            "0\r\n\n"}) {
    EXPECT_EQ(decode(bytes, 1).status, 400) << bytes;
    EXPECT_EQ(decode(bytes, 1000).status, 400) << bytes;
  }
}

TEST(BodyDecoder, IsBounded) {
  EXPECT_EQ(decode("65\r\n", 10).status, 413);
  EXPECT_EQ(decode("64\r\n" + std::string(100, 'x') + "\r\n1\r\n", 10).status, 413);
  EXPECT_EQ(decode("fffffffffffffff\r\n", 10).status, 413);
  EXPECT_EQ(decode("1;" + std::string(5'000, 'x'), 10).status, 400);
  std::string trailer = "0\r\n";
  for (int i = 0; i < 3'000; ++i) trailer += "X: yyyyyyy\r\n";
  EXPECT_EQ(decode(trailer, 100).status, 400);
}

TEST(BodyDecoder, ReadsALength) {
  BodyDecoder decoder = BodyDecoder::of_length(3);
  EXPECT_EQ(decoder.put("ab"), 2U);
  EXPECT_FALSE(decoder.done());
  EXPECT_EQ(decoder.put("cd"), 1U);
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(decoder.body, "abc");
  EXPECT_TRUE(BodyDecoder::none().done());
  EXPECT_TRUE(BodyDecoder::of_length(0).done());
}

}  // namespace
}  // namespace http
