// Holds docs/sources.md against the compiler: its example is this file's, and works.
#include "../../../docs/examples/lighthouse.cpp"
#include "trends/sources/doubles/answers.h"
#include "trends/sources/doubles/collector.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trends {
namespace {

std::string read_page(const std::string& name) {
  std::ifstream file(std::string(SOURCE_DIR) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(SourceExample, StandsInThePageAsItIsCompiled) {
  const auto code = read_page("docs/examples/lighthouse.cpp");
  ASSERT_FALSE(code.empty());
  EXPECT_NE(read_page("docs/sources.md").find(code), std::string::npos)
      << "copy docs/examples/lighthouse.cpp into docs/sources.md";
}

io::Task<> reads_notes() {
  const auto executor = co_await boost::asio::this_coro::executor;
  std::vector<std::string> asked;
  http::Router router;
  router.get(
      "/notes", doubles::handle([&asked](const http::Request& request) {
        asked.emplace_back(request.query.get("after").value_or("?"));
        return doubles::json_text(
            R"([{"id":"n1","written_at":"2026-01-01T00:00:00Z","member":"ann","text":"Hello"},
                 {"id":7},5])");
      }));
  doubles::LocalServer server(executor, std::move(router));
  doubles::Collector collector(executor);
  const auto example = make_lighthouse();
  doubles::Reader reader(executor, *example, {{"server", server.url()}}, "n0", collector);
  co_await collector.until([&] { return collector.mentions.size() == 1; });
  EXPECT_EQ(collector.rejected, 2);
  EXPECT_EQ(collector.cursor, "n1");
  reader.wake();
  co_await collector.until([&] { return asked.size() == 2; });
  EXPECT_THAT(asked, testing::ElementsAre("n0", "n1"));
  co_await reader.stop();
  co_await server.stop();
}

TEST(SourceExample, Works) { doubles::run(reads_notes); }

}  // namespace
}  // namespace trends
