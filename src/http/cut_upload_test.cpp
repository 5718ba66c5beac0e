#include "http/server_fixture.h"

#include <gtest/gtest.h>

namespace http {
namespace {

using namespace std::chrono_literals;

io::Task<Response> say(std::string text) { co_return text_response(std::move(text)); }

Router make_router() {
  Router router;
  // What was handed over, also of a body that did not come to its end.
  auto kept = std::make_shared<std::string>();
  for (const char* path : {"/resumable/{id}", "/ordinary/{id}"}) {
    router.patch(path, [kept](Request request) {
      *kept += request.body + "|";
      return say("kept");
    });
  }
  router.get("/kept", [kept](Request) { return say(*kept); });
  return router;
}

TEST(CutUpload, IsHandedOverAsFarAsItCame) {
  ServerFixture server(make_router(), {.body_max = 1000,
                                       .resumable_paths = {"/resumable"},
                                       .header_timeout = 100ms,
                                       .body_timeout = 100ms});
  const auto cut = [&server](std::string_view line) {
    RawClient client(server.port());
    client.send(std::string(line) + " HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nhalf");
    client.shut_sending();
    client.read_to_end();
  };
  cut("PATCH /ordinary/1");
  cut("POST /resumable/1");
  cut("PATCH /resumable/1");
  EXPECT_EQ(server.get("/kept").body, "half|");
  RawClient stalled(server.port());
  stalled.send("PATCH /resumable/2 HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nslow");
  EXPECT_EQ(stalled.read_answer().status, 408);
  EXPECT_EQ(server.get("/kept").body, "half|slow|");
  // What is too large, or whose end nobody can tell, is not.
  RawClient chunked(server.port());
  chunked.send(
      "PATCH /resumable/3 HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc");
  chunked.shut_sending();
  chunked.read_to_end();
  EXPECT_EQ(
      server.send("PATCH /resumable/4 HTTP/1.1\r\nHost: t\r\nContent-Length: 9999\r\n\r\nx").status,
      413);
  EXPECT_EQ(server.get("/kept").body, "half|slow|");
}

}  // namespace
}  // namespace http
