#include "networks/bluesky/tid.h"

#include <set>

#include <gtest/gtest.h>

namespace networks::bluesky {
namespace {

const base::Instant noon = base::from_micros(1'795'424'400'123'456);

TEST(Tid, IsTheSameForTheSameKey) {
  const Key key{"0123456789abcdef0123456789abcdef", noon};
  EXPECT_TRUE(is_tid(make_tid(key, 0)));
  EXPECT_EQ(make_tid(key, 0), make_tid(key, 0));
}

TEST(Tid, KeepsTheOrderOfPartsAndOfTime) {
  const Key key{"0123456789abcdef0123456789abcdef", noon};
  EXPECT_LT(make_tid(key, 0), make_tid(key, 1));
  EXPECT_LT(make_tid(key, 1), make_tid(key, 2));
  const Key later{"fedcba9876543210fedcba9876543210", noon + std::chrono::seconds(2)};
  EXPECT_LT(make_tid(key, 99), make_tid(later, 0));
}

// Posts that a worker claims together have one time: their keys must still tell them apart.
TEST(Tid, DiffersForManyKeysOfOneInstant) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(make_tid({std::to_string(i), noon}, 0));
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(Tid, KnowsWhatIsNone) {
  EXPECT_TRUE(is_tid("3jzfcijpj2z2a"));
  EXPECT_FALSE(is_tid("3jzfcijpj2z2"));
  EXPECT_FALSE(is_tid("3jzfcijpj2z21"));
  EXPECT_FALSE(is_tid("zjzfcijpj2z2a"));
  EXPECT_FALSE(is_tid("job-1"));
}

}  // namespace
}  // namespace networks::bluesky
