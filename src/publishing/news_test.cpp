// A burst is told as one change; what happens now and then is told one by one.
#include "publishing/news.h"

#include <gmock/gmock.h>

namespace publishing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Told {
  base::VirtualClock clock{base::from_micros(1'000'000)};
  std::vector<std::string> events;
  News::Tell tell = [this](const base::WorkspaceId& workspace, const boost::json::object& event) {
    events.push_back(workspace.value + " " + std::string(event.at("type").as_string()));
  };
  News::Sleep sleep = [](base::Duration) { return io::yield(); };

  std::vector<std::string> take() { return std::exchange(events, {}); }
};

io::Task<> tell_of_a_burst() {
  Told told;
  io::Supervisor supervisor(co_await boost::asio::this_coro::executor);
  News news(supervisor, told.clock, told.tell, told.sleep);
  for (std::size_t i = 0; i < News::one_by_one_max; ++i)
    news.changed({"one"}, {"post"}, {"target"});
  EXPECT_EQ(told.take(), std::vector<std::string>(News::one_by_one_max, "one target"));
  for (int i = 0; i < 1'000; ++i) {
    news.changed({"one"}, {"post"}, {"target"});
    news.changed({"two"}, {"post"}, {"target"});
  }
  EXPECT_THAT(told.take(), IsEmpty());
  co_await supervisor.join();
  EXPECT_THAT(told.take(), ElementsAre("one resync", "two resync"));

  told.clock.advance(News::slice);
  news.changed({"two"}, {"post"}, {"target"});
  EXPECT_THAT(told.take(), ElementsAre("two target"));
  co_await supervisor.join();
  EXPECT_THAT(told.take(), IsEmpty());
}

TEST(News, TellsABurstAsOneChange) { io::run(tell_of_a_burst); }

}  // namespace
}  // namespace publishing
