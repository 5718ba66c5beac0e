// Against a double of the collector.
#include "app/span_exporter.h"

#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app {
namespace {

using testing::HasSubstr;
using testing::Not;

// Takes what it gets, or answers with another status.
class Collector final : public http::Client {
 public:
  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest request) override {
    bodies.push_back(request.body);
    urls.push_back(request.url);
    co_return http::ClientResponse{.status = status};
  }
  int status = 200;
  std::vector<std::string> bodies;
  std::vector<std::string> urls;
};

base::TraceSpan span(std::string name) {
  return {.trace_id = "0123456789abcdef0123456789abcdef",
          .id = "0123456789abcdef",
          .name = std::move(name),
          .kind = base::TraceSpan::Kind::server,
          .start = base::from_micros(1'000'000),
          .end = base::from_micros(1'500'000),
          .attributes = {{"http.route", "/api/posts"}}};
}

void flush(Collector& collector, std::vector<base::TraceSpan> spans, SpanExporterOptions options) {
  io::run([&]() -> io::Task<> {
    return [](Collector& to, std::vector<base::TraceSpan> given,
              SpanExporterOptions how) -> io::Task<> {
      SpanExporter exporter(co_await asio::this_coro::executor, to, std::move(how));
      for (base::TraceSpan& each : given) exporter.take(std::move(each));
      co_await exporter.flush();
    }(collector, std::move(spans), std::move(options));
  });
}

TEST(SpanExporter, SendsABatchAsOtlp) {
  Collector collector;
  base::TraceSpan failed = span("GET /b");
  failed.failed = true;
  failed.parent_id = "fedcba9876543210";
  flush(collector, {span("GET /a"), failed},
        {.endpoint = "http://collector:4318", .role = "backend"});
  ASSERT_EQ(collector.bodies.size(), 1U);
  EXPECT_EQ(collector.urls[0], "http://collector:4318/v1/traces");
  const auto body = boost::json::parse(collector.bodies[0]);
  const auto& spans = body.at_pointer("/resourceSpans/0/scopeSpans/0/spans").as_array();
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].at("name").as_string(), "GET /a");
  EXPECT_EQ(spans[0].at("kind").as_int64(), 2);
  EXPECT_EQ(spans[0].at("startTimeUnixNano").as_string(), "1000000000");
  EXPECT_EQ(spans[0].at("endTimeUnixNano").as_string(), "1500000000");
  EXPECT_FALSE(spans[0].as_object().contains("parentSpanId"));
  EXPECT_EQ(spans[1].at("parentSpanId").as_string(), "fedcba9876543210");
  EXPECT_EQ(spans[1].at_pointer("/status/code").as_int64(), 2);
  EXPECT_THAT(collector.bodies[0], HasSubstr("socialtrend-backend"));
}

TEST(SpanExporter, DropsWhatIsTooMuchAndWhatIsNotTaken) {
  Collector collector;
  collector.status = 503;
  flush(collector, {span("a"), span("b"), span("c")}, {.role = "backend", .queue_max = 2});
  EXPECT_EQ(collector.bodies.size(), 1U);
  EXPECT_THAT(collector.bodies[0], Not(HasSubstr("\"c\"")));
  const std::string numbers = metrics::expose();
  EXPECT_THAT(numbers, HasSubstr("trace_spans_dropped_total{why=\"queue_full\"} 1"));
  EXPECT_THAT(numbers, HasSubstr("trace_spans_dropped_total{why=\"collector\"} 2"));
}

TEST(SpanExporter, KeepsTheSameShareEverywhereAndWhatTheCallerKeeps) {
  EXPECT_TRUE(is_sampled("000000000000000000000000ffffffff", 1));
  EXPECT_FALSE(is_sampled("00000000000000000000000000000000", 0));
  EXPECT_TRUE(is_sampled("0000000000000000000000001fffffff", 0.125));
  EXPECT_FALSE(is_sampled("00000000000000000000000020000000", 0.125));
  Collector collector;
  base::TraceSpan kept = span("kept");
  kept.sampled_before = true;
  flush(collector, {span("not"), kept}, {.role = "backend", .share = 0});
  ASSERT_EQ(collector.bodies.size(), 1U);
  EXPECT_THAT(collector.bodies[0], HasSubstr("kept"));
  EXPECT_THAT(collector.bodies[0], Not(HasSubstr("\"not\"")));
}

}  // namespace
}  // namespace app
