#include "accounts/passwords.h"

#include "base/crypto.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

namespace accounts {
namespace {

// The decoy must cost what a real hash costs: same algorithm, same parameters, same sizes.
TEST(Passwords, DecoyIsLikeARealHash) {
  const std::string real = base::hash_password("correct horse battery");
  const std::string_view decoy = Passwords::decoy();
  EXPECT_EQ(decoy.size(), real.size());
  const std::string_view parameters = std::string_view(real).substr(0, real.find("p=1$") + 4);
  EXPECT_TRUE(decoy.starts_with(parameters)) << parameters;
}

io::Task<> verify_three_ways(Passwords* passwords) {
  const base::Result<std::string> hash = co_await passwords->hash("correct horse battery");
  EXPECT_TRUE(*co_await passwords->verify(*hash, "correct horse battery"));
  EXPECT_FALSE(*co_await passwords->verify(*hash, "wrong horse battery"));
  EXPECT_FALSE(*co_await passwords->verify(std::nullopt, "correct horse battery"));
}

TEST(Passwords, Verify) {
  Passwords passwords;
  io::run([&] { return verify_three_ways(&passwords); });
}

io::Task<> verify_once(Passwords* passwords, int* refused, int* done, io::Event* ended) {
  const base::Result<bool> right = co_await passwords->verify(std::nullopt, "x");
  if (!right && right.error().status == 503) ++*refused;
  ++*done;
  ended->notify();
}

io::Task<> flood(Passwords* passwords, int* refused) {
  const io::Executor executor = co_await asio::this_coro::executor;
  io::Event ended(executor);
  int done = 0;
  for (int i = 0; i < 40; ++i) {
    asio::co_spawn(executor, verify_once(passwords, refused, &done, &ended), asio::detached);
  }
  while (done < 40) co_await ended.wait();
}

TEST(Passwords, AreVerifiedAFewAtATime) {
  Passwords passwords;
  int refused = 0;
  io::run([&] { return flood(&passwords, &refused); });
  EXPECT_EQ(refused, 8);
}

TEST(NewPassword, HasRules) {
  EXPECT_TRUE(check_new_password("0123456789", "a@b"));
  EXPECT_FALSE(check_new_password("012345678", "a@b"));
  EXPECT_FALSE(check_new_password(std::string(1001, 'x'), "a@b"));
  EXPECT_FALSE(check_new_password("Somebody@Example.org", "somebody@example.org"));
}

}  // namespace
}  // namespace accounts
