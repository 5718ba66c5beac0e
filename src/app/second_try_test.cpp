#include "app/second_try.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace app {
namespace {

using namespace std::chrono_literals;

// A handler that fails so often, each time after so long.
struct Failing {
  base::VirtualClock clock{base::from_micros(1'000'000)};
  int failures = 0;
  base::Duration takes{};
  int calls = 0;

  io::Task<http::Response> answer() {
    ++calls;
    clock.advance(takes);
    if (calls <= failures) throw base::Unavailable("the connection was lost");
    co_return http::text_response("read");
  }
};

io::Task<> handle_into(const http::Router& router, http::Request request, http::Response& into) {
  into = co_await router.handle(std::move(request));
}

http::Response ask(Failing& failing, std::string method) {
  http::Router router;
  router.filter(try_reads_again(failing.clock));
  router.add("GET", "/x", [&](http::Request) { return failing.answer(); });
  router.add("POST", "/x", [&](http::Request) { return failing.answer(); });
  http::Response response;
  io::run([&] { return handle_into(router, {.method = method, .path = "/x"}, response); });
  return response;
}

TEST(SecondTry, AReadIsRepeatedOnce) {
  Failing failing{.failures = 1};
  EXPECT_EQ(ask(failing, "GET").body, "read");
  EXPECT_EQ(failing.calls, 2);
}

TEST(SecondTry, TwiceIsEnough) {
  Failing failing{.failures = 9};
  EXPECT_THROW(ask(failing, "HEAD"), base::Unavailable);
  EXPECT_EQ(failing.calls, 2);
}

TEST(SecondTry, AWriteIsNotRepeated) {
  Failing failing{.failures = 1};
  EXPECT_THROW(ask(failing, "POST"), base::Unavailable);
  EXPECT_EQ(failing.calls, 1);
}

TEST(SecondTry, WhatTookLongIsNotRepeated) {
  Failing failing{.failures = 1, .takes = 3s};
  EXPECT_THROW(ask(failing, "GET"), base::Unavailable);
  EXPECT_EQ(failing.calls, 1);
}

}  // namespace
}  // namespace app
