// Every connector of all.def against a server that answers rubbish to everything: nothing is
// thrown, nothing is believed.
#include "base/text.h"
#include "networks/conformance.h"

namespace networks::testing {
namespace {

// Says the same to everybody.
class RubbishHttp final : public http::Client {
 public:
  explicit RubbishHttp(http::ClientResponse answer) : answer_(std::move(answer)) {}

  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest request) override {
    ++asked;
    auto answer = answer_;
    answer.url = request.url;
    co_return answer;
  }

  int asked = 0;

 private:
  http::ClientResponse answer_;
};

std::vector<http::ClientResponse> rubbish() {
  const std::string deep = std::string(50'000, '[');
  std::vector<http::ClientResponse> answers;
  for (const std::string& body :
       {std::string(), std::string("<html><body>Welcome</body></html>"), std::string("null"),
        std::string("42"), std::string("\"text\""), std::string("{}"), std::string("[null, 1, {}]"),
        deep, std::string("\xff\xfe\x00 no text", 12), std::string("{\"id\": {}, \"data\": [1]}"),
        std::string("{\"ok\": true, \"result\": \"x\"}"),
        std::string(R"({"uri": [], "cid": 7, "records": 1, "posts": null, "id": -1})"),
        std::string(R"([{"id": 5, "slug": [], "content": 3, "created_at": "soon"}])")}) {
    answers.push_back({.status = 200, .body = body});
    answers.push_back({.status = 400, .body = body});
    answers.push_back({.status = 429, .body = body});
  }
  http::ClientResponse moved{.status = 302, .body = "moved"};
  moved.headers.set("Location", "http://169.254.169.254/latest/meta-data/");
  answers.push_back(moved);
  http::ClientResponse patient{.status = 429, .body = "{\"retry_after\": 1e999}"};
  patient.headers.set("Retry-After", "999999999999999999999");
  answers.push_back(patient);
  http::ClientResponse past{.status = 429, .body = "{\"parameters\": {\"retry_after\": -9}}"};
  past.headers.set("X-RateLimit-Reset", "1970-01-01T00:00:00Z");
  answers.push_back(past);
  return answers;
}

class EveryAnswer : public EveryKind {
 protected:
  bool speaks_http() const { return has_server() && kind().network != "nostr"; }
  bool believes(const http::ClientResponse& answer) const {
    return kind().any_success_counts && answer.status == 200;
  }
  Context context(RubbishHttp* http) {
    auto context = stage_.context();
    context.http = http;
    return context;
  }
  static std::string name(const http::ClientResponse& answer) {
    return fmt::format("{} {}", answer.status, answer.body.substr(0, 60));
  }
};

INSTANTIATE_TEST_SUITE_P(Stages, EveryAnswer, ::testing::ValuesIn(doubles::kinds()), name_of_kind);

TEST_P(EveryAnswer, IsNoProofOfAPost) {
  if (!speaks_http()) return;
  const auto frozen = stage_.freeze(stage_.content("Hello world"));
  for (const auto& answer : rubbish()) {
    SCOPED_TRACE(name(answer));
    RubbishHttp http(answer);
    const auto outcome = run<Outcome>(
        [&] { return stage_.connector().publish(context(&http), stage_.account(), frozen); });
    if (!believes(answer)) {
      EXPECT_NE(kind_of(outcome), "published");
    }
    if (const auto* later = std::get_if<RetryLater>(&outcome)) {
      EXPECT_GE(later->after.count(), 0);
      EXPECT_LE(later->after, std::chrono::hours(24));
    }
    EXPECT_TRUE(base::is_utf8(reason_of(outcome)));
    EXPECT_LT(reason_of(outcome).size(), 2000U);
  }
}

// "Not there" would send the post again, so it takes more than rubbish.
TEST_P(EveryAnswer, IsNoProofOfAbsence) {
  if (!speaks_http()) return;
  const auto frozen = stage_.freeze(stage_.content("Hello world"));
  for (const auto& answer : rubbish()) {
    SCOPED_TRACE(name(answer));
    RubbishHttp http(answer);
    const auto found = run<Found>(
        [&] { return stage_.connector().find(context(&http), stage_.account(), frozen); });
    EXPECT_EQ(kind_of(found), "cannot_know");
  }
}

TEST_P(EveryAnswer, ConnectsNobody) {
  if (!speaks_http()) return;
  for (const auto& answer : rubbish()) {
    SCOPED_TRACE(name(answer));
    RubbishHttp http(answer);
    const auto identity = run<base::Result<Identity>>(
        [&] { return stage_.connector().connect(context(&http), stage_.settings()); });
    EXPECT_EQ(identity.has_value(), believes(answer));
    if (identity) continue;
    EXPECT_FALSE(identity.error().message.empty() && identity.error().fields.empty());
    const auto health = run<Network::Health>(
        [&] { return stage_.connector().test(context(&http), stage_.account()); });
    EXPECT_FALSE(health.ok);
    EXPECT_FALSE(health.message.empty());
  }
}

TEST_P(EveryAnswer, UploadsNothing) {
  if (!speaks_http() || stage_.limits().media_max == 0) return;
  auto content = stage_.content("Hello world");
  content.parts[0].media = {stage_.picture()};
  for (const auto& answer : rubbish()) {
    SCOPED_TRACE(name(answer));
    RubbishHttp http(answer);
    const auto prepared = run<Prepared>([&] {
      return stage_.connector().prepare(context(&http), stage_.account(), content,
                                        {some_key, stage_.clock().now()});
    });
    // Who needs no upload is ready without asking.
    EXPECT_NE(std::holds_alternative<Frozen>(prepared), http.asked > 0);
  }
}

}  // namespace
}  // namespace networks::testing
