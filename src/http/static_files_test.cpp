#include "http/static_files.h"

#include "http/server_fixture.h"

#include <gtest/gtest.h>

namespace http {
namespace {

constexpr base::EmbeddedFile page[] = {
    {"index.html", "<h1>page</h1>"},          {"favicon.svg", "<svg/>"},
    {"assets/app-1a2b.js", "console.log(1)"}, {"assets/app-1a2b.js.br", "brotli bytes"},
    {"assets/app-1a2b.js.gz", "gzip bytes"},  {"archive.gz", "a file, not a sibling"}};

Router make_router(base::EmbeddedFiles files) {
  Router router;
  router.fallback(static_files(files));
  return router;
}

class StaticFilesTest : public testing::Test {
 protected:
  ServerFixture server_{make_router({page, std::size(page)})};
};

TEST_F(StaticFilesTest, ServesThePageWithItsPolicies) {
  const auto answer = server_.get("/");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "<h1>page</h1>");
  EXPECT_EQ(answer.headers.get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(answer.headers.get("Cache-Control"), "no-cache");
  const std::string policy(answer.headers.get("Content-Security-Policy"));
  for (const char* rule :
       {"default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"}) {
    EXPECT_NE(policy.find(rule), std::string::npos) << rule;
  }
}

TEST_F(StaticFilesTest, RoutesOfThePageGetThePageAndMissingFilesDoNot) {
  EXPECT_EQ(server_.get("/trends/some-topic").body, "<h1>page</h1>");
  EXPECT_EQ(server_.get("/missing.js").status, 404);
  EXPECT_EQ(server_.get("/assets/missing").status, 404);
  EXPECT_EQ(server_.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n").status, 404);
}

TEST_F(StaticFilesTest, AssetsAreImmutableAndPrecompressed) {
  const auto brotli = server_.get("/assets/app-1a2b.js", "Accept-Encoding: gzip, br\r\n");
  EXPECT_EQ(brotli.body, "brotli bytes");
  EXPECT_EQ(brotli.headers.get("Content-Encoding"), "br");
  EXPECT_EQ(brotli.headers.get("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_NE(brotli.headers.get("Cache-Control").find("immutable"), std::string_view::npos);
  EXPECT_EQ(brotli.headers.get("Vary"), "Accept-Encoding");
  EXPECT_EQ(server_.get("/assets/app-1a2b.js", "Accept-Encoding: gzip\r\n").body, "gzip bytes");
  const auto plain = server_.get("/assets/app-1a2b.js");
  EXPECT_EQ(plain.body, "console.log(1)");
  EXPECT_NE(plain.headers.get("ETag"), brotli.headers.get("ETag"));
  EXPECT_EQ(server_.get("/assets/app-1a2b.js.br").status, 404);
  EXPECT_EQ(server_.get("/archive.gz").status, 200);
}

TEST_F(StaticFilesTest, AnUnchangedFileIsNotSentAgain) {
  const std::string etag(server_.get("/").headers.get("ETag"));
  EXPECT_TRUE(etag.starts_with('"'));
  const auto unchanged = server_.get("/", "If-None-Match: \"other\", W/" + etag + "\r\n");
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.headers.get("ETag"), etag);
  EXPECT_EQ(server_.get("/", "If-None-Match: \"other\"\r\n").status, 200);
}

TEST(StaticFiles, AMissingPageSaysSo) {
  ServerFixture server(make_router({}));
  const auto answer = server.get("/");
  EXPECT_EQ(answer.status, 404);
  EXPECT_NE(answer.body.find("without the web page"), std::string::npos);
}

}  // namespace
}  // namespace http
