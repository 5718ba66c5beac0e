#include "http/router.h"

#include "base/json.h"

#include <gtest/gtest.h>

namespace http {
namespace {

io::Task<Response> say(std::string text) { co_return text_response(std::move(text)); }

Handler saying(std::string text) {
  return [text](Request) { return say(text); };
}

io::Task<> handle_into(std::shared_ptr<const Router> router, Request request, Response* into) {
  *into = co_await router->handle(std::move(request));
}

Response handle(const Router& router, std::string method, std::string path) {
  Response response;
  const auto shared = std::make_shared<const Router>(router);
  io::run([&] { return handle_into(shared, {.method = method, .path = path}, &response); });
  return response;
}

TEST(Router, TheNarrowestPatternWins) {
  Router router;
  router.get("/{rest...}", saying("rest"));
  router.get("/posts/{id}", saying("name"));
  router.get("/posts/new", saying("literal"));
  router.get("/posts/{id}/timeline", saying("longer"));
  router.get("/{area}/new", saying("name first"));
  EXPECT_EQ(handle(router, "GET", "/posts/new").body, "literal");
  EXPECT_EQ(handle(router, "GET", "/posts/1").body, "name");
  EXPECT_EQ(handle(router, "GET", "/posts/1/timeline").body, "longer");
  EXPECT_EQ(handle(router, "GET", "/other/new").body, "name first");
  EXPECT_EQ(handle(router, "GET", "/posts/").body, "rest") << "a name is never empty";
  EXPECT_EQ(handle(router, "GET", "/").body, "rest");
}

TEST(Router, BindsNamesAndTheRest) {
  Router router;
  router.get("/a/{x}/b/{y...}", [](Request request) {
    return say(request.route + " " + request.param("x") + " " + request.param("y"));
  });
  EXPECT_EQ(handle(router, "GET", "/a/1/b/2/3").body, "/a/{x}/b/{y...} 1 2/3");
}

TEST(Router, AnswersHeadByGetAndOptionsByTheTable) {
  Router router;
  router.get("/a", saying("get"));
  router.post("/a", saying("post"));
  EXPECT_EQ(handle(router, "HEAD", "/a").body, "get");
  const Response options = handle(router, "OPTIONS", "/a");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.get("Allow"), "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(handle(router, "DELETE", "/a").status, 405);
  EXPECT_EQ(handle(router, "get", "/a").status, 405) << "methods are case-sensitive";
  EXPECT_EQ(handle(router, "GET", "/b").status, 404);
}

TEST(Router, TheFallbackSeesReadsOfUnknownPathsOnly) {
  Router router;
  router.post("/a", saying("post"));
  router.fallback(saying("page"));
  EXPECT_EQ(handle(router, "GET", "/b").body, "page");
  EXPECT_EQ(handle(router, "HEAD", "/b").body, "page");
  EXPECT_EQ(handle(router, "POST", "/b").status, 404);
  EXPECT_EQ(handle(router, "GET", "/a").status, 405);
}

io::Task<Response> mark(std::string mark, Request request, Handler next) {
  Response response = co_await next(std::move(request));
  response.body = mark + "(" + response.body + ")";
  co_return response;
}

TEST(Router, FiltersWrapHandlersInOrderAndMayAnswer) {
  Router router;
  router.get("/a", saying("a"));
  router.fallback(saying("page"));
  router.filter(
      [](Request request, Handler next) { return mark("1", std::move(request), std::move(next)); });
  router.filter([](Request request, Handler next) {
    return request.path == "/a" ? mark("2", std::move(request), std::move(next)) : say("stopped");
  });
  router.get("/b", saying("b"));
  EXPECT_EQ(handle(router, "GET", "/a").body, "1(2(a))");
  EXPECT_EQ(handle(router, "GET", "/b").body, "1(stopped)");
  EXPECT_EQ(handle(router, "GET", "/c").body, "page");
}

TEST(Router, ListsItsRoutes) {
  Router router;
  router.get("/a", saying("a"));
  router.del("/b/{id}", saying("b"));
  ASSERT_EQ(router.routes().size(), 2U);
  EXPECT_EQ(router.routes()[1].method, "DELETE");
  EXPECT_EQ(router.routes()[1].pattern, "/b/{id}");
}

TEST(RouterDeathTest, TheSameRouteTwiceIsABug) {
  Router router;
  router.get("/a", saying("a"));
  EXPECT_DEATH(router.get("/a", saying("b")), "CHECK failed");
}

}  // namespace
}  // namespace http
