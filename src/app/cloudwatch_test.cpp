#include "app/cloudwatch.h"

#include <gtest/gtest.h>

namespace app {
namespace {

TEST(CloudWatch, TheHeaderNamesEveryMetricOfTheLine) {
  const auto header = cloudwatch_header(*base::parse_rfc3339("2026-11-23T12:00:00Z"));
  EXPECT_EQ(boost::json::serialize(header),
            R"({"Timestamp":1795435200000,"CloudWatchMetrics":[{"Namespace":"SocialTrend",)"
            R"("Dimensions":[["Cluster"]],"Metrics":[{"Name":"backlog","Unit":"Count"},)"
            R"({"Name":"overdue","Unit":"Count"},{"Name":"lateness_seconds","Unit":"Seconds"},)"
            R"({"Name":"workers","Unit":"Count"},{"Name":"advised_workers","Unit":"Count"}]}]})");
}

}  // namespace
}  // namespace app
