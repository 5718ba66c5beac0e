#include "networks/answer.h"

#include "base/text.h"

#include <gtest/gtest.h>

namespace networks {
namespace {

using Sent = http::TransportError::Sent;

const base::Instant now = base::from_micros(1'795'424'400'000'000);

template <class T>
bool means(const Answer& answer) {
  const auto outcome = failure_of(answer, {.label = "Net", .now = now});
  return outcome && std::holds_alternative<T>(*outcome);
}

Answer status(int code) { return http::ClientResponse{.status = code}; }
Answer transport(Sent sent, std::string code) {
  return std::unexpected(http::TransportError{sent, std::move(code), "host"});
}

TEST(Answer, MeansWhatTheTableSays) {
  EXPECT_FALSE(failure_of(status(200), {.label = "Net", .now = now}));
  EXPECT_FALSE(failure_of(status(204), {.label = "Net", .now = now}));
  EXPECT_TRUE(means<RetryLater>(transport(Sent::not_sent, "connect")));
  EXPECT_TRUE(means<RetryLater>(transport(Sent::not_sent, "dns")));
  EXPECT_TRUE(means<AccountBroken>(transport(Sent::not_sent, "blocked_address")));
  EXPECT_TRUE(means<Unknown>(transport(Sent::maybe_sent, "timeout")));
  EXPECT_TRUE(means<RetryLater>(status(429)));
  EXPECT_TRUE(means<AccountBroken>(status(401)));
  EXPECT_TRUE(means<AccountBroken>(status(301)));
  for (const int code : {408, 500, 502, 503, 504, 100})
    EXPECT_TRUE(means<Unknown>(status(code))) << code;
  for (const int code : {400, 403, 404, 409, 413, 422})
    EXPECT_TRUE(means<Rejected>(status(code))) << code;
}

TEST(Answer, BecomesRetryLaterWhilePreparing) {
  EXPECT_TRUE(std::holds_alternative<RetryLater>(while_preparing(Unknown{"x"})));
  EXPECT_TRUE(std::holds_alternative<Rejected>(while_preparing(Rejected{"a", "b"})));
  EXPECT_TRUE(std::holds_alternative<AccountBroken>(while_preparing(AccountBroken{"b"})));
}

TEST(Answer, NamesTheFieldWhileConnecting) {
  const auto refused = while_connecting(AccountBroken{"no"}, "token");
  ASSERT_EQ(refused.fields.size(), 1U);
  EXPECT_EQ(refused.fields[0].field, "token");
  const auto away =
      while_connecting(RetryLater{.after = std::chrono::seconds(9), .reason = "x"}, "token");
  EXPECT_EQ(away.status, 502);
  EXPECT_EQ(away.retry_after, 9);
}

std::int64_t asked(std::string name, std::string value) {
  http::Headers headers;
  headers.set(std::move(name), std::move(value));
  return wait_asked(headers, now).count();
}

TEST(Answer, WaitsAsLongAsItIsTold) {
  EXPECT_EQ(asked("Retry-After", "30"), 30);
  EXPECT_EQ(asked("RateLimit-Reset", "1795424460"), 60);
  EXPECT_EQ(asked("ratelimit-reset", "17"), 17);
  EXPECT_EQ(asked("X-RateLimit-Reset", base::format_rfc3339(now + std::chrono::minutes(5))), 300);
  EXPECT_EQ(asked("X-RateLimit-Reset", base::format_rfc3339(now - std::chrono::minutes(5))), 1);
  EXPECT_EQ(asked("RateLimit-Reset", "9999999999"), 86'400);
  EXPECT_EQ(asked("RateLimit-Reset", "soon"), 0);
  EXPECT_EQ(asked("X-Other", "5"), 0);
}

TEST(Answer, CleansForeignWords) {
  EXPECT_EQ(clean_words("  two\n\n words\t"), "two words");
  EXPECT_EQ(clean_words("<html><p>Bad</p><script>x()</script>gateway"), "Bad gateway");
  EXPECT_EQ(clean_words("a\x1b[31m\xff"), "a[31m\xef\xbf\xbd");
  EXPECT_LE(base::count_graphemes(clean_words(std::string(100'000, 'x'))), 300U);
}

TEST(Answer, KeepsTheNetworksOwnCode) {
  const auto outcome =
      failure_of(status(400), {.label = "Net", .now = now, .code = "TooBig", .words = "301 > 300"});
  EXPECT_EQ(std::get<Rejected>(*outcome).code, "TooBig");
  EXPECT_EQ(std::get<Rejected>(*outcome).reason, "301 > 300");
}

}  // namespace
}  // namespace networks
