// Holds docs/adding-a-network.md against the compiler: its example is this file's, and works.
#include "../../docs/examples/noticeboard.cpp"
#include "networks/testing.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace networks {
namespace {

std::string read(const std::string& name) {
  std::ifstream file(std::string(SOURCE_DIR) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Example, StandsInThePageAsItIsCompiled) {
  const auto code = read("docs/examples/noticeboard.cpp");
  ASSERT_FALSE(code.empty());
  EXPECT_NE(read("docs/adding-a-network.md").find(code), std::string::npos)
      << "copy docs/examples/noticeboard.cpp into docs/adding-a-network.md";
}

io::Task<> lose_an_answer(testing::FakeHttp* http) {
  const base::VirtualClock clock(base::from_micros(1'795'424'400'000'000));
  const Context context{.http = http, .clock = &clock};
  const auto board = make_noticeboard();
  http->answer_json(200, R"({"name":"anna"})");
  const auto identity =
      co_await board->connect(context, {{"server", "https://board.test"}, {"token", "t"}});
  if (!identity) throw std::runtime_error(identity.error().message);
  const Account account{.credentials = identity->credentials};
  const Content content{.parts = {{.text = "Hello"}}};
  const auto frozen =
      std::get<Frozen>(co_await board->prepare(context, account, content, {"k1", clock.now()}));

  http->fail(http::TransportError::Sent::maybe_sent, "timeout");
  EXPECT_TRUE(std::holds_alternative<Unknown>(co_await board->publish(context, account, frozen)));
  http->answer_json(404, "{}");
  EXPECT_TRUE(std::holds_alternative<NotThere>(co_await board->find(context, account, frozen)));
  http->answer_json(201, R"({"id":"7","url":"https://board.test/7"})");
  EXPECT_TRUE(std::holds_alternative<Published>(co_await board->publish(context, account, frozen)));
  http->answer_json(200, R"({"id":"7"})");
  EXPECT_TRUE(std::holds_alternative<Published>(co_await board->find(context, account, frozen)));
}

TEST(Example, LooksUpALostAnswer) {
  testing::FakeHttp http;
  io::run([&] { return lose_an_answer(&http); });
  ASSERT_EQ(http.requests().size(), 5U);
  EXPECT_EQ(http.requests()[1].body, http.requests()[3].body);
  EXPECT_EQ(http.requests()[2].url, "https://board.test/notices/by-reference/k1");
  EXPECT_TRUE(http.used_up());
}

}  // namespace
}  // namespace networks
