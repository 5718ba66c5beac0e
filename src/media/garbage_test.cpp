#include "media/garbage.h"

#include "media/home.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace media {
namespace {

using namespace media::testing;
using namespace boost::asio::experimental::awaitable_operators;

using GarbageTest = HomeTest;
INSTANTIATE_TEST_SUITE_P(Databases, GarbageTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(GarbageTest, RemovesWhatNothingUsesAndTheFileWithTheLast) {
  run([](Home& home) -> io::Task<> {
    const auto used = co_await home.media.upload(home.editor.workspace, flat_png(), "");
    const auto twin = co_await home.media.upload(home.editor.workspace, flat_png(), "");
    const auto lone = co_await home.media.upload(home.editor.workspace, flat_png("other"), "");
    co_await home.use(used->id);
    EXPECT_EQ((co_await home.garbage.collect()).sum(), 0);
    home.clock.advance(25h);
    const Swept swept = co_await home.garbage.collect();
    EXPECT_EQ(swept.media, 2);
    EXPECT_EQ(swept.files, 1);
    EXPECT_EQ(co_await home.objects(), 1u);
    const auto images = co_await home.media.load(home.editor.workspace, {used->id}, {});
    EXPECT_EQ(images->at(0).bytes, flat_png());
    EXPECT_FALSE((co_await home.media.get(home.editor.workspace, twin->id)).has_value());
    EXPECT_FALSE((co_await home.media.get(home.editor.workspace, lone->id)).has_value());
  });
}

TEST_P(GarbageTest, SparesWhatIsBroughtAgainAtThatMoment) {
  run([](Home& home) -> io::Task<> {
    for (int round = 0; round < 20; ++round) {
      const auto old = co_await home.media.upload(home.editor.workspace, flat_png(), "");
      home.clock.advance(25h);
      auto both = co_await (home.garbage.collect() &&
                            home.media.upload(home.editor.workspace, flat_png(), ""));
      const auto fresh = std::get<1>(both);
      co_await home.use(fresh->id);
      const auto images = co_await home.media.load(home.editor.workspace, {fresh->id}, {});
      if (!images) throw std::runtime_error("lost in round " + std::to_string(round));
      co_await home.database.execute("UPDATE media SET unused_since = $1", {home.clock.now()});
    }
  });
}

TEST_P(GarbageTest, ForgetsCopiesWithTheirPictureOrAfterAMonth) {
  run([](Home& home) -> io::Task<> {
    const auto item = co_await home.media.upload(home.editor.workspace, picture("photo.jpg"), "");
    co_await home.use(item->id);
    const networks::Limits tight{.image_side_max = 100};
    co_await home.media.load(home.editor.workspace, {item->id}, tight);
    EXPECT_EQ(co_await home.objects(), 2u);
    home.clock.advance(29 * 24h);
    EXPECT_EQ((co_await home.garbage.collect()).sum(), 0);
    home.clock.advance(2 * 24h);
    EXPECT_EQ((co_await home.garbage.collect()).copies, 1);
    EXPECT_EQ(co_await home.objects(), 1u);
    co_await home.media.load(home.editor.workspace, {item->id}, tight);
    EXPECT_EQ(co_await home.objects(), 2u);
    co_await home.database.execute("UPDATE media SET unused_since = $1", {home.clock.now()});
    home.clock.advance(25h);
    EXPECT_EQ((co_await home.garbage.collect()).files, 2);
    EXPECT_EQ(co_await home.objects(), 0u);
  });
}

TEST_P(GarbageTest, FindsDisagreementInBothDirectionsAndLeavesStrangersAlone) {
  run([](Home& home) -> io::Task<> {
    const auto bytes = std::make_shared<std::string>("lost");
    const std::string orphan = Files::fresh_key(std::string(64, 'a'));
    co_await home.store.put(orphan, bytes);
    co_await home.store.put("holiday/beach.jpg", bytes);
    const auto item = co_await home.media.upload(home.editor.workspace, flat_png(), "");
    co_await home.use(item->id);
    StoreReport report = co_await inspect(home.database, home.clock, home.store);
    EXPECT_EQ(report.orphans, 0);  // young ones may yet get their row
    home.clock.set(base::SystemClock().now() + 48h);
    report = co_await inspect(home.database, home.clock, home.store);
    EXPECT_EQ(report.rows, 1);
    EXPECT_EQ(report.orphans, 1);
    EXPECT_EQ(report.missing, 0);
    EXPECT_EQ((co_await home.garbage.collect_with_orphans()).orphans, 1);
    EXPECT_FALSE(co_await home.store.has(orphan));
    EXPECT_TRUE(co_await home.store.has("holiday/beach.jpg"));
    const auto rows = co_await home.database.execute("SELECT store_key FROM media_files");
    co_await home.store.remove(rows[0]["store_key"].text());
    report = co_await inspect(home.database, home.clock, home.store);
    EXPECT_EQ(report.missing, 1);
    EXPECT_EQ(report.missing_examples.front(), rows[0]["store_key"].text());
  });
}

}  // namespace
}  // namespace media
