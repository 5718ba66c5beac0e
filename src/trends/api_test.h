// For tests of routes: the API of trends and sources over a database, and trends to show.
#pragma once

#include "base/json.h"
#include "trends/routes.h"

#include <gtest/gtest.h>

namespace trends {

using namespace std::chrono_literals;
using accounts::Role;

inline const base::Vault& vault() {
  static const auto made = base::Vault::parse(base::Vault::make_key());
  return *made;
}

struct Api {
  Api(io::Executor executor, db::Database& of, Doors doors = {})
      : database(of), services(executor, of, clock, vault(), std::move(doors)) {
    bind(router, services);
    bind_automation(router, services);
  }

  io::Task<http::Response> call(std::string method, std::string path, std::string body = "",
                                std::optional<Role> role = Role::owner) {
    http::Request request{
        .method = std::move(method), .target = path, .path = path.substr(0, path.find('?'))};
    if (const auto query = path.find('?'); query != std::string::npos) {
      request.query = http::Query::parse(std::string_view(path).substr(query + 1));
    }
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    request.body = std::move(body);
    if (role)
      accounts::attach(request, {.user = base::UserId::make(), .workspace = {"w"}, .role = *role});
    co_return co_await router.handle(std::move(request));
  }

  db::Database& database;
  base::VirtualClock clock{base::SystemClock().now()};
  http::Router router;
  Services services;
};

inline json::value parse(const http::Response& response) {
  return *base::parse_json(response.body);
}

inline Trend trend(std::string label, double score) {
  Trend made{.id = label, .topic = label, .label = label, .kind = Kind::tag, .score = score};
  made.authors = 20;
  made.sources = {{"jetstream", 1.0}};
  made.languages = {{"en", 1.0}};
  made.samples = {{.id = "s",
                   .url = "https://e.org/",
                   .text = "<b>",
                   .author = "a",
                   .at = {},
                   .source = "jetstream"}};
  made.explanation = "It rose.";
  return made;
}

inline io::Task<StoryBook> write(db::Database& database, base::Instant at,
                                 std::vector<Trend> trends) {
  TrendStore store(database);
  const Lane lane{.name = "live", .at = at, .event_at = at};
  EXPECT_TRUE(co_await store.open_lane(lane, 1, false));
  StoryBook known;
  EXPECT_TRUE(co_await store.write(lane, 1, std::move(trends), known));
  co_return known;
}

}  // namespace trends
