#include "app/reference.h"

#include "app/assets.h"
#include "app/modules.h"
#include "base/id.h"
#include "base/json.h"

#include <filesystem>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app {
namespace {

using Endpoints = std::set<std::string>;

Endpoints documented() {
  const json::value document = json::parse(openapi_text());
  Endpoints found;
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      std::string method(operation.key());
      for (char& c : method) c = static_cast<char>(c & ~0x20);
      found.insert(method + " " + std::string(path.key()));
    }
  }
  return found;
}

// Of the whole program, as it is wired.
Endpoints served() {
  const auto folder =
      std::filesystem::temp_directory_path() / ("socialtrend-" + base::make_uuid7());
  Endpoints found;
  {
    const LoadedSettings loaded =
        load_settings({.role = "all-in-one",
                       .values = {{"DATA_DIR", folder.string()}, {"TREND_SOURCES", "none"}}},
                      {});
    Process process(loaded.settings);
    Doors doors(process);
    Modules modules(process, doors);
    modules.add_common();
    modules.add_backend();
    modules.add_automation();
    modules.add_worker();
    for (const http::Router::Route& route : process.router->routes()) {
      found.insert(route.method + " " + route.pattern);
    }
  }
  std::filesystem::remove_all(folder);
  return found;
}

TEST(Reference, IsTheTruthAboutWhatIsServed) {
  Endpoints code = served();
  code.erase("GET /automation/docs");  // the page at /docs under its older name
  EXPECT_EQ(documented(), code);
}

TEST(Reference, EveryReferenceInTheDocumentLeadsSomewhere) {
  const std::string text(openapi_text());
  const json::value document = json::parse(text);
  const std::string mark = "\"$ref\": \"#";
  std::size_t count = 0;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t begin = at + mark.size();
    const std::string pointer = text.substr(begin, text.find('"', begin) - begin);
    EXPECT_NE(base::find(document, pointer), nullptr) << pointer;
    ++count;
  }
  EXPECT_GT(count, 50U);
}

TEST(Reference, IsReadableAsAPage) {
  http::Router router;
  bind_reference(router);
  std::string body;
  io::run([&] {
    return [](http::Router& table, std::string& into) -> io::Task<> {
      const http::Response response = co_await table.handle({.method = "GET", .path = "/docs"});
      into = response.body;
    }(router, body);
  });
  EXPECT_THAT(body, testing::HasSubstr("POST</span> <code>/api/posts</code>"));
  EXPECT_THAT(body, testing::HasSubstr("id=\"schema-Trend\""));
}

}  // namespace
}  // namespace app
