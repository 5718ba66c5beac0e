#include "publishing/other_targets.h"

#include "publishing/world.h"

namespace publishing {
namespace {

using namespace publishing::testing;

class OtherTargetsTest : public WorldTest {};
INSTANTIATE_TEST_SUITE_P(Databases, OtherTargetsTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(OtherTargetsTest, KnowTheirPostsAndLeaveOnesOwn) {
  run([](World& world) -> io::Task<> {
    const auto account = base::AccountId::make();
    const auto first = co_await world.post({.account = account});
    const auto second = co_await world.post({.account = account});
    co_await world.database.execute("UPDATE targets SET remote_id = 'r1' WHERE id = $1",
                                    {first.targets[0]});
    OtherTargets for_first(world.database, first.targets[0]);
    OtherTargets for_second(world.database, second.targets[0]);
    EXPECT_TRUE(co_await for_second.include(account, "r1"));
    EXPECT_FALSE(co_await for_first.include(account, "r1")) << "its own is not another's";
    EXPECT_FALSE(co_await for_second.include(account, "r2"));
    EXPECT_FALSE(co_await for_second.include(base::AccountId::make(), "r1")) << "another account";
  });
}

}  // namespace
}  // namespace publishing
