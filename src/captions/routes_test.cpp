#include "captions/routes.h"

#include "accounts/principal.h"
#include "base/json.h"
#include "db/testing.h"
#include "http/curl_client.h"
#include "http/server.h"

#include <gtest/gtest.h>

namespace captions {
namespace {

using namespace std::chrono_literals;

const base::WorkspaceId here{"workspace-here"};

// A stand-in for an OpenAI-compatible server, on a real port.
struct FakeModel {
  explicit FakeModel(io::Executor executor) {
    auto router = std::make_shared<http::Router>();
    router->post("/v1/chat/completions",
                 [this](http::Request request) { return answer(std::move(request)); });
    server = std::make_unique<http::Server>(std::move(executor), http::ServerOptions{}, router);
    server->start();
  }

  io::Task<http::Response> answer(http::Request request) {
    requests.push_back(std::move(request));
    if (silent) co_await io::sleep_for(10s);
    co_return http::text_response(body, "application/json", status);
  }

  std::unique_ptr<http::Server> server;
  std::vector<http::Request> requests;
  int status = 200;
  bool silent = false;
  std::string body;
};

io::Task<std::optional<TrendEvidence>> find_storm(base::WorkspaceId workspace, std::string id) {
  if (workspace != here || id != "t1") co_return std::nullopt;
  co_return TrendEvidence{.label = "#Storm",
                          .terms = {"coast"},
                          .authors = 412,
                          .ratio = 18,
                          .sources = {"Mastodon"},
                          .languages = {"en"},
                          .coordinated = true,
                          .generated = true};
}

struct Stage {
  Stage(io::Executor executor, db::Database& database, Settings settings)
      : vault(*base::Vault::parse(base::Vault::make_key())),
        client(http::make_curl_client(executor, {.addresses = http::AddressPolicy::allow_all()})),
        composer(*client, clock, std::move(settings)),
        accounts(database, clock, vault) {
    bind(router, {.composer = composer, .accounts = accounts, .find_evidence = find_storm});
  }

  io::Task<http::Response> ask(json::object body, accounts::Role role = accounts::Role::editor) {
    http::Request request;
    request.method = "POST";
    request.target = request.path = "/automation/api/ai/caption";
    request.headers.set("Content-Type", "application/json");
    request.body = json::serialize(body);
    accounts::attach(request, {.user = {"u"}, .workspace = here, .role = role});
    return router.handle(std::move(request));
  }

  base::SystemClock clock;
  base::Vault vault;
  std::unique_ptr<http::Client> client;
  Composer composer;
  accounts::Accounts accounts;
  http::Router router;
};

class CaptionsTest : public testing::Test {
 protected:
  db::TestDatabase database_{db::Dialect::sqlite};
};

json::value body_of(const http::Response& response) { return *base::parse_json(response.body); }

io::Task<> offline(db::Database& database) {
  Stage stage(co_await asio::this_coro::executor, database, {});
  const http::Response response = co_await stage.ask({{"trend_id", "t1"}, {"network", "bluesky"}});
  EXPECT_EQ(response.status, 200) << response.body;
  const json::value caption = body_of(response);
  EXPECT_TRUE(base::boolean_at(caption, "/offline"));
  EXPECT_TRUE(base::text_at(caption, "/text").starts_with("#Storm is on the rise."));
  EXPECT_EQ(base::text_at(caption, "/hashtags/0"), "#Storm");
  const std::string note = base::text_at(caption, "/note");
  EXPECT_TRUE(note.contains("No language model is configured")) << note;
  EXPECT_TRUE(note.contains("demonstration")) << note;
  EXPECT_TRUE(note.contains("few hands")) << note;
}

TEST_F(CaptionsTest, WithoutAModelTheyAreComposedOffline) { database_.run(offline); }

io::Task<> bad_requests(db::Database& database) {
  Stage stage(co_await asio::this_coro::executor, database, {});
  const json::object topic{{"topic", "x"}};
  EXPECT_EQ((co_await stage.ask(topic, accounts::Role::viewer)).status, 403);
  EXPECT_EQ((co_await stage.ask({{"trend_id", "t2"}})).status, 404);
  const std::vector<json::object> bad{
      {},
      json::object{{"topic", "x"}, {"trend_id", "t1"}},
      json::object{{"topic", "  "}},
      json::object{{"topic", "<>"}},
      json::object{{"topic", "x"}, {"tone", "rude"}},
      json::object{{"topic", "x"}, {"language", "en; drop"}},
      json::object{{"topic", "x"}, {"network", "myspace"}},
      json::object{{"topic", "x"}, {"account_id", "nobody"}},
      json::object{{"topic", std::string(501, 'x')}},
      json::object{{"topic", "x"}, {"instructions", std::string(1001, 'x')}}};
  for (const json::object& body : bad) {
    const http::Response response = co_await stage.ask(body);
    EXPECT_EQ(response.status, 422) << json::serialize(body) << response.body;
    EXPECT_NE(base::find(body_of(response), "/errors/0/field"), nullptr) << response.body;
  }
}

TEST_F(CaptionsTest, BadRequestsNameTheField) { database_.run(bad_requests); }

io::Task<> with_model(db::Database& database) {
  const io::Executor executor = co_await asio::this_coro::executor;
  FakeModel model(executor);
  const std::string url = fmt::format("http://127.0.0.1:{}/v1/", model.server->port());
  Stage stage(executor, database, {.base_url = url, .api_key = "key-1", .model = "small"});
  model.body =
      R"({"choices":[{"message":{"content":"\"Storm ahead @all! https://evil.example #Storm\""}}]})";
  const json::value caption = body_of(co_await stage.ask({{"trend_id", "t1"}}));
  EXPECT_EQ(base::text_at(caption, "/text"), "Storm ahead all! #Storm");
  EXPECT_FALSE(base::boolean_at(caption, "/offline", true));
  EXPECT_EQ(base::text_at(caption, "/model"), "small");
  EXPECT_EQ(model.requests.at(0).headers.get("Authorization"), "Bearer key-1");
  const json::value sent = *base::parse_json(model.requests.at(0).body);
  EXPECT_EQ(base::text_at(sent, "/model"), "small");
  EXPECT_EQ(base::text_at(sent, "/messages/0/role"), "system");
  co_await model.server->stop(1s);
}

TEST_F(CaptionsTest, AModelWritesAndIsNotTrusted) { database_.run(with_model); }

io::Task<> model_fails(db::Database& database) {
  const io::Executor executor = co_await asio::this_coro::executor;
  FakeModel model(executor);
  const std::string url = fmt::format("http://127.0.0.1:{}/v1", model.server->port());
  Stage stage(executor, database, {.base_url = url, .api_key = "key-1", .timeout = 300ms});
  struct Failure {
    int status;
    std::string body;
    std::string said;
  };
  const std::vector<Failure> failures{{401, "bad key key-1", "OPENAI_API_KEY"},
                                      {404, "", "OPENAI_MODEL"},
                                      {429, "", "limit"},
                                      {500, "", "status 500"},
                                      {200, "not json", "holds no text"},
                                      {200, "{\"choices\":[]}", "holds no text"},
                                      {200, std::string(300'000, ' '), "could not be reached"}};
  for (const Failure& failure : failures) {
    model.status = failure.status;
    model.body = failure.body;
    const http::Response response = co_await stage.ask({{"trend_id", "t1"}});
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(base::boolean_at(body_of(response), "/offline"));
    const std::string note = base::text_at(body_of(response), "/note");
    EXPECT_TRUE(note.contains(failure.said)) << note;
    EXPECT_FALSE(response.body.contains("key-1"));
  }
  model.silent = true;
  const json::value late = body_of(co_await stage.ask({{"trend_id", "t1"}}));
  EXPECT_TRUE(base::text_at(late, "/note").contains("timeout")) << json::serialize(late);
  co_await model.server->stop(10ms);
}

TEST_F(CaptionsTest, WhenTheModelFailsTheyAreComposedOfflineAndSayWhy) {
  database_.run(model_fails);
}

TEST(Settings, EndpointIsOpenAisUnlessSaidOtherwise) {
  EXPECT_FALSE(Settings{}.configured());
  EXPECT_EQ((Settings{.api_key = "k"}).endpoint(), "https://api.openai.com/v1/chat/completions");
  EXPECT_EQ((Settings{.base_url = "http://127.0.0.1:1/v1//"}).endpoint(),
            "http://127.0.0.1:1/v1/chat/completions");
}

}  // namespace
}  // namespace captions
