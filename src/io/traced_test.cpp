#include "io/traced.h"

#include <gtest/gtest.h>

namespace io {
namespace {

using namespace std::chrono_literals;

std::string current() {
  return base::current_trace() ? base::current_trace()->trace_id : std::string("none");
}

base::TraceScopePtr scope(std::string id) {
  return std::make_shared<const base::TraceScope>(
      base::TraceScope{.trace_id = std::move(id), .span_id = "parent"});
}

Task<std::string> look_around() {
  std::string seen = current();
  co_await yield();
  seen += " " + current();
  co_await sleep_for(1ms);
  seen += " " + current();
  seen += " " + co_await offload([] { return current(); });
  seen += " " + current();
  co_return seen;
}

Task<> look_into(std::string& seen, base::TraceScopePtr trace) {
  seen = co_await within_trace(std::move(trace), look_around());
}

TEST(Traced, FollowsATaskAcrossItsWaitsAndNobodyElse) {
  std::array<std::string, 3> seen;
  io::run([&]() -> Task<> {
    return [](auto& all) -> Task<> {
      Supervisor tasks(co_await asio::this_coro::executor);
      tasks.start_once("a", [&] { return look_into(all[0], scope("a")); });
      tasks.start_once("b", [&] { return look_into(all[1], scope("b")); });
      tasks.start_once("none", [&] { return look_into(all[2], nullptr); });
      co_await tasks.join();
      EXPECT_EQ(current(), "none");
    }(seen);
  });
  // A helper thread works for nobody: what it does is measured by who waits for it.
  EXPECT_EQ(seen[0], "a a a none a");
  EXPECT_EQ(seen[1], "b b b none b");
  EXPECT_EQ(seen[2], "none none none none none");
}

Task<> nothing() { co_return; }
Task<int> fails() {
  co_await yield();
  throw std::runtime_error("it failed");
}

TEST(Traced, HandsOnWhatATaskThrows) {
  EXPECT_THROW(io::run([]() -> Task<> { co_await within_trace(scope("a"), fails()); }),
               std::runtime_error);
  io::run([]() -> Task<> { co_await within_trace(scope("a"), nothing()); });
}

TEST(PartSpan, IsAChildOfTheCurrentTrace) {
  std::vector<base::TraceSpan> ended;
  base::listen_to_spans([&](base::TraceSpan span) { ended.push_back(std::move(span)); });
  {
    const base::PartSpan outside("select posts");
  }
  EXPECT_TRUE(ended.empty()) << "outside of all traces there is nothing to be a part of";
  {
    const base::EnterTrace entered(scope("a"));
    base::PartSpan good("select posts");
    good.note("key", "value");
  }
  try {
    const base::EnterTrace entered(scope("b"));
    const base::PartSpan bad("insert posts");
    throw std::runtime_error("gone");
  } catch (const std::runtime_error&) {
  }
  base::listen_to_spans({});
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[0].trace_id, "a");
  EXPECT_EQ(ended[0].parent_id, "parent");
  EXPECT_EQ(ended[0].name, "select posts");
  EXPECT_EQ(ended[0].kind, base::TraceSpan::Kind::client);
  EXPECT_FALSE(ended[0].failed);
  EXPECT_TRUE(ended[1].failed);
}

}  // namespace
}  // namespace io
