#include "http/stall_guard.h"

#include <array>
#include <csignal>
#include <poll.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace http {
namespace {

using namespace std::chrono_literals;

class StallGuardTest : public testing::Test {
 protected:
  StallGuardTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  ~StallGuardTest() override {
    stall_guard::disarm();
    for (const int end : ends_) close(end);
  }
  bool send_a_byte() { return send(ends_[0], "x", 1, MSG_NOSIGNAL) == 1; }
  // Until the other end of the connection sees something.
  bool wait_for_news(int milliseconds) {
    pollfd news{.fd = ends_[1], .events = POLLIN, .revents = 0};
    int found = -1;
    do found = poll(&news, 1, milliseconds);
    while (found < 0 && errno == EINTR);
    return found == 1;
  }
  std::array<int, 2> ends_ = {};
};

TEST_F(StallGuardTest, CutsTheSocketOfAThreadThatDoesNotComeBack) {
  stall_guard::arm(ends_[0], 1ms);
  ASSERT_TRUE(wait_for_news(10'000));  // stalled; the end of the connection is the news
  EXPECT_TRUE(stall_guard::has_cut());
  EXPECT_FALSE(send_a_byte());
  char byte = 0;
  EXPECT_EQ(recv(ends_[1], &byte, 1, 0), 0) << "nothing arrives";
}

TEST_F(StallGuardTest, LeavesTheSocketOfOneThatDoes) {
  stall_guard::arm(ends_[0]);
  stall_guard::disarm();
  raise(stall_guard::signal_number());  // a signal that was on its way when it was disarmed
  EXPECT_FALSE(stall_guard::has_cut());
  EXPECT_TRUE(send_a_byte());
  EXPECT_TRUE(wait_for_news(10'000));
}

TEST_F(StallGuardTest, EachArmingBeginsAnew) {
  stall_guard::arm(ends_[0]);
  raise(stall_guard::signal_number());
  EXPECT_TRUE(stall_guard::has_cut());
  stall_guard::disarm();
  std::array<int, 2> others = {};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, others.data()), 0);
  stall_guard::arm(others[0]);
  EXPECT_FALSE(stall_guard::has_cut());
  EXPECT_EQ(send(others[0], "x", 1, MSG_NOSIGNAL), 1);
  stall_guard::disarm();
  for (const int end : others) close(end);
}

}  // namespace
}  // namespace http
