// For tests only: a workspace with two accounts on a fresh database, and its API.
#pragma once

#include "db/testing.h"
#include "media/disk_store.h"
#include "networks/network.h"
#include "posts/bulk_routes.h"
#include "posts/posts.h"
#include "posts/routes.h"
#include "posts/series_routes.h"

#include <filesystem>
#include <string>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posts::testing {

using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;

inline const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:00:00Z");

inline const std::string png = [] {
  std::string bytes = "\x89PNG\r\n\x1A\n";
  bytes += std::string("\0\0\0\x0DIHDR\0\0\0\x20\0\0\0\x10", 16);
  return bytes + std::string("rest\0\0\0\0IEND", 12);
}();

class NoConverter final : public media::Converter {
 public:
  bool available() const override { return false; }
  io::Task<base::Result<std::string>> convert(media::SharedBytes, media::Conversion) override {
    co_return base::not_found("no converter");
  }
};

struct Home {
  Home(db::Database& opened, std::string folder)
      : database(opened),
        vault(*base::Vault::parse(base::Vault::make_key())),
        accounts(opened, clock, vault),
        store(std::move(folder)),
        media({.database = opened,
               .clock = clock,
               .vault = vault,
               .store = store,
               .converter = converter},
              {.public_url = "https://our.example"}),
        slots(opened, clock),
        checks(opened, accounts, media, networks::by_id),
        posts(opened, clock, checks, slots, signals()),
        bulk(opened, clock, checks, slots, signals()),
        series(opened, clock, checks, slots, signals()) {}

  Signals signals() {
    return {.changed = [this](base::WorkspaceId, json::object) { ++told; },
            .due_soon = [this] { ++woken; }};
  }

  io::Task<> furnish() {
    co_await database.execute(
        "INSERT INTO workspaces (id, name, time_zone, approval_required, created_at, updated_at)"
        " VALUES ($1, 'Ours', 'Europe/Paris', 0, 0, 0)",
        {owner.workspace});
    co_await database.execute(
        "INSERT INTO users (id, name, email, email_key, password_hash, created_at)"
        " VALUES ($1, 'Ada', 'a@b.example', 'a@b.example', '', 0)",
        {owner.user});
    bluesky = co_await connect("bluesky", "@ada.example");
    mastodon = co_await connect("mastodon", "@ada@social.example");
  }
  io::Task<base::AccountId> connect(std::string network, std::string handle) {
    networks::Identity identity{.remote_id = handle, .handle = handle};
    auto view = co_await accounts.connect(owner.workspace, std::move(network), identity);
    EXPECT_TRUE(view.has_value());
    co_return view->id;
  }
  io::Task<> require_approval() {
    co_await database.execute("UPDATE workspaces SET approval_required = 1");
  }
  // Another person of the workspace.
  io::Task<accounts::Principal> person(std::string name, accounts::Role role) {
    accounts::Principal made = owner;
    made.user = base::UserId::make();
    made.role = role;
    co_await database.execute(
        "INSERT INTO users (id, name, email, email_key, password_hash, created_at)"
        " VALUES ($1, $2, $3, $3, '', 0)",
        {made.user, name, name + "@b.example"});
    co_return made;
  }
  io::Task<std::size_t> count(std::string what, db::Params params = {}) {
    auto rows = co_await database.execute("SELECT COUNT(*) FROM " + what, std::move(params));
    co_return static_cast<std::size_t>(rows[0][0].integer());
  }
  // As a worker would.
  io::Task<> set_state(base::PostId post, TargetState state) {
    co_await database.execute("UPDATE targets SET state = $2 WHERE post_id = $1",
                              {post, to_string(state)});
  }
  PostInput write(std::string text, When when) const {
    return {.parts = {{.text = std::move(text), .media = {}}},
            .variants = {{.account = bluesky, .parts = {}}},
            .when = std::move(when)};
  }
  static When at(base::Instant instant) { return {.type = WhenType::at, .at = instant}; }

  db::Database& database;
  base::VirtualClock clock{noon};
  base::Vault vault;
  accounts::Accounts accounts;
  media::DiskStore store;
  NoConverter converter;
  media::Media media;
  Slots slots;
  Checks checks;
  int told = 0;
  int woken = 0;
  Posts posts;
  Bulk bulk;
  Series series;
  accounts::Principal owner{.user = base::UserId::make(),
                            .workspace = base::WorkspaceId::make(),
                            .role = accounts::Role::owner,
                            .time_zone = "Europe/Paris"};
  base::AccountId bluesky;
  base::AccountId mastodon;
};

class HomeTest : public ::testing::TestWithParam<db::Dialect> {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void run(io::Task<> (*body)(Home&)) {
    database_.run(
        [this, body](db::Database& database) { return at_home(database, folder_, body); });
  }
  static io::Task<> at_home(db::Database& database, std::string folder, io::Task<> (*body)(Home&)) {
    Home home(database, std::move(folder));
    co_await home.furnish();
    co_await body(home);
  }
  db::TestDatabase database_{GetParam()};
  std::string folder_ =
      (std::filesystem::temp_directory_path() / ("posts-" + base::make_uuid7())).string();
};
// The API, as the router runs it.
struct Api {
  explicit Api(Home& home) : owner(home.owner) {
    bind(router, home.posts, home.slots, home.media, home.accounts, home.database);
    bind_bulk(router, home.bulk, home.accounts);
    bind_series(router, home.series, home.clock);
  }
  io::Task<http::Response> send(std::string method, std::string target, std::string body = "",
                                std::string version = "", std::string type = "application/json") {
    http::Request request{.method = std::move(method)};
    const std::size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos)
      request.query = http::Query::parse(target.substr(question + 1));
    request.headers.set("Content-Type", type);
    if (!version.empty()) request.headers.set("If-Match", version);
    request.body = std::move(body);
    if (known) accounts::attach(request, owner);
    return router.handle(std::move(request));
  }
  accounts::Principal owner;
  bool known = true;
  http::Router router;
};

}  // namespace posts::testing
