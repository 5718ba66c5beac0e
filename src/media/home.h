// For tests only: media on a fresh database, with a folder as its store, the real converter and the
// API.
#pragma once

#include "accounts/principal.h"
#include "db/testing.h"
#include "media/disk_store.h"
#include "media/garbage.h"
#include "media/routes.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace media::testing {

using namespace std::chrono_literals;

inline const base::Instant noon = *base::parse_rfc3339("2026-11-23T12:00:00Z");

// Of tests/pictures.
inline std::string picture(const std::string& name) {
  std::ifstream file(std::string(SOURCE_DIR) + "/tests/pictures/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A picture by its header and its end: enough for all that does not decode.
inline std::string flat_png(std::string filling = "rest") {
  return "\x89PNG\r\n\x1A\n" + std::string("\0\0\0\x0DIHDR\0\0\0\x20\0\0\0\x10", 16) +
         std::move(filling) + std::string("\0\0\0\0IEND", 8);
}

struct Home {
  Home(io::Executor executor, db::Database& opened, Store& given, MediaOptions options = {})
      : database(opened),
        store(given),
        converter(std::move(executor), ""),
        media({.database = opened,
               .clock = clock,
               .vault = vault,
               .store = given,
               .converter = converter},
              with_url(std::move(options))),
        uploads(opened, clock, media),
        garbage(opened, clock, media, uploads) {
    bind(router, media, uploads);
  }

  static MediaOptions with_url(MediaOptions options) {
    options.public_url = "https://our.example/";
    return options;
  }

  using Head = std::map<std::string, std::string>;
  io::Task<http::Response> send(std::string method, std::string target, Head head = {},
                                std::string body = "") {
    http::Request request{.method = std::move(method)};
    const std::size_t question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    if (question < target.size()) request.query = http::Query::parse(target.substr(question + 1));
    for (const auto& [name, value] : head) request.headers.set(name, value);
    request.body = std::move(body);
    if (known) accounts::attach(request, editor);
    return router.handle(std::move(request));
  }
  // As a post takes it into use.
  io::Task<> use(base::MediaId id) {
    co_await database.execute("UPDATE media SET unused_since = NULL WHERE id = $1", {id});
  }
  io::Task<std::size_t> objects() {
    const Store::Page page = co_await store.list("");
    co_return page.objects.size();
  }
  std::string path_of(const std::string& link) const {
    return link.substr(std::string("https://our.example").size());
  }

  db::Database& database;
  base::VirtualClock clock{noon};
  base::Vault vault = *base::Vault::parse(base::Vault::make_key());
  Store& store;
  ProgramConverter converter;
  Media media;
  Uploads uploads;
  Garbage garbage;
  http::Router router;
  bool known = true;
  accounts::Principal editor{.user = base::UserId::make(),
                             .workspace = base::WorkspaceId::make(),
                             .role = accounts::Role::editor,
                             .time_zone = "UTC"};
};

class HomeTest : public ::testing::TestWithParam<db::Dialect> {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void run(io::Task<> (*body)(Home&), MediaOptions options = {}) {
    database_.run([this, body, options](db::Database& database) {
      return at_home(database, folder_, options, body);
    });
  }
  static io::Task<> at_home(db::Database& database, std::string folder, MediaOptions options,
                            io::Task<> (*body)(Home&)) {
    DiskStore store(std::move(folder));
    Home home(co_await asio::this_coro::executor, database, store, std::move(options));
    co_await body(home);
  }
  db::TestDatabase database_{GetParam()};
  std::string folder_ =
      (std::filesystem::temp_directory_path() / ("media-" + base::make_uuid7())).string();
};

}  // namespace media::testing
