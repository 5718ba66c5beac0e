#include "trends/admission.h"

#include "trends/hashing.h"

#include <gtest/gtest.h>

namespace trends {
namespace {

std::uint64_t key(std::uint64_t number) { return mix(number + 1, hash_seed); }
AuthorPrint author(std::uint64_t number) { return author_print(mix(number + 1, hash_step)); }

TEST(Admission, AdmitsAKeyAtItsThirdAuthorAndHandsOverTheOthers) {
  Admission admission(1024, 3);
  EXPECT_FALSE(admission.see(key(1), author(1), 1, 5).admitted);
  EXPECT_FALSE(admission.see(key(1), author(2), 1, 5).admitted);
  const auto seen = admission.see(key(1), author(3), 1, 5);
  EXPECT_TRUE(seen.admitted);
  EXPECT_EQ(seen.authors[0], author(1));
  EXPECT_EQ(seen.authors[1], author(2));
}

TEST(Admission, NeverAdmitsForOneOrTwoAuthorsHoweverOften) {
  Admission admission(1024, 3);
  for (int i = 0; i < 10'000; ++i)
    EXPECT_FALSE(admission.see(key(1), author(static_cast<std::uint64_t>(i % 2)), 1, 5).admitted);
}

TEST(Admission, AWeightOfManyAuthorsAdmitsAtOnce) {
  Admission admission(1024, 3);
  EXPECT_TRUE(admission.see(key(1), author(1), 80, 5).admitted);
}

TEST(Admission, LeadsToTheRecordOnceLinked) {
  Admission admission(1024, 3);
  for (std::uint64_t i = 0; i < 3; ++i) admission.see(key(1), author(i), 1, 5);
  admission.link(key(1), 77, 5);
  EXPECT_EQ(admission.see(key(1), author(9), 1, 600).record, 77U);
  admission.unlink(key(1));
  EXPECT_EQ(admission.see(key(1), author(9), 1, 600).record, Admission::none);
}

TEST(Admission, ForgetsWaitingAuthorsAfterTheWindowAndSaysSo) {
  Admission admission(1024, 3);
  admission.see(key(1), author(1), 1, 5);
  admission.see(key(1), author(2), 1, 5);
  const auto seen = admission.see(key(1), author(3), 1, 8);
  EXPECT_FALSE(seen.admitted);
  EXPECT_EQ(seen.forgotten.authors, 2U);
  EXPECT_EQ(seen.forgotten.place, admission.background_place(key(1)));
}

TEST(Admission, KeepsAStrongKeyAgainstACrowdOfOnceUsedOnes) {
  Admission admission(1024, 3);
  for (int i = 0; i < 200; ++i) admission.see(key(0), author(1), 1, 5);
  admission.see(key(0), author(2), 1, 5);
  for (std::uint64_t i = 1; i < 20'000; ++i) admission.see(key(i), author(i), 1, 5);
  EXPECT_TRUE(admission.see(key(0), author(3), 1, 5).admitted);
}

TEST(Admission, ANewKeyGetsInEvenWhenTheTableIsFull) {
  Admission admission(1024, 3);
  for (std::uint64_t i = 0; i < 20'000; ++i) admission.see(key(i), author(i), 1, 5);
  bool admitted = false;
  for (std::uint64_t i = 0; i < 20 && !admitted; ++i)
    admitted = admission.see(key(777'777), author(i), 1, 5).admitted;
  EXPECT_TRUE(admitted);
}

}  // namespace
}  // namespace trends
