// socialtrend backup and restore: a consistent copy of the embedded database and its media while
// the program runs, and the way back. PostgreSQL has tools of its own that do this better.
#include "app/commands.h"
#include "db/database.h"

#include <filesystem>

#include <fmt/format.h>

namespace app {
namespace {

namespace fs = std::filesystem;

const char* const database_file = "socialtrend.db";

int refuse(std::string_view why) {
  fmt::print(stderr, "socialtrend: {}\n", why);
  return 1;
}

// The path of the embedded database; nothing for PostgreSQL.
std::optional<fs::path> embedded_path(const Settings& settings) {
  constexpr std::string_view scheme = "sqlite://";
  if (!is_embedded(settings)) return std::nullopt;
  return fs::path(settings.database_url.substr(scheme.size()));
}

void in_database(const fs::path& path, io::Task<> (*body)(db::Database&, std::string),
                 std::string argument) {
  io::run([&]() -> io::Task<> {
    return [](fs::path file, io::Task<> (*work)(db::Database&, std::string),
              std::string given) -> io::Task<> {
      const auto database =
          db::open(co_await asio::this_coro::executor, {.url = "sqlite://" + file.string()});
      co_await work(*database, std::move(given));
      co_await database->close();
    }(path, body, std::move(argument));
  });
}

io::Task<> copy_into(db::Database& database, std::string file) {
  co_await database.execute("VACUUM INTO $1", {file});
}

// Throws when it is no database or has holes.
io::Task<> check_whole(db::Database& database, std::string) {
  auto rows = co_await database.execute("PRAGMA integrity_check(1)");
  if (rows.empty() || rows[0][0].text() != "ok") {
    throw std::runtime_error("the copy is damaged: " + (rows.empty() ? "" : rows[0][0].text()));
  }
  co_await database.execute("SELECT COUNT(*) FROM posts");
}

std::size_t copy_media(const fs::path& from, const fs::path& to) {
  if (!fs::exists(from)) return 0;
  fs::create_directories(to);
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = to / fs::relative(entry.path(), from);
    if (entry.is_directory()) {
      fs::create_directories(target);
    } else if (entry.is_regular_file()) {
      // Named by their content: one that is there is the same.
      files += fs::copy_file(entry.path(), target, fs::copy_options::skip_existing) ? 1 : 0;
    }
  }
  return files;
}

}  // namespace

int run_backup(const Settings& settings, std::string folder) {
  const auto database = embedded_path(settings);
  if (!database) {
    return refuse("this database is PostgreSQL: use pg_dump or pgBackRest (docs/operating)");
  }
  if (!fs::exists(*database)) return refuse(database->string() + " is not there");
  const fs::path to = folder;
  if (fs::exists(to / database_file)) {
    return refuse(fmt::format("{} is there already: name a new folder for each backup",
                              (to / database_file).string()));
  }
  fs::create_directories(to);
  fs::permissions(to, fs::perms::owner_all);  // it holds what people wrote
  in_database(*database, copy_into, (to / database_file).string());
  const std::size_t files = copy_media(settings.data_dir / "media", to / "media");
  fmt::print("{}: the database and {} media files\n", to.string(), files);
  if (settings.app_key.empty()) {
    fmt::print("Keep {} apart from it: one is worthless without the other.\n",
               (settings.data_dir / "app.key").string());
  }
  return 0;
}

int run_restore(const Settings& settings, std::string folder, bool replace) {
  const auto database = embedded_path(settings);
  if (!database) return refuse("this database is PostgreSQL: use pg_restore or pgBackRest");
  const fs::path from = folder;
  if (!fs::exists(from / database_file)) {
    return refuse(fmt::format("{} has no {}", from.string(), database_file));
  }
  if (fs::exists(*database) && !replace) {
    return refuse(
        fmt::format("{} is there already: stop the program, then say --replace (the "
                    "present one is kept beside it)",
                    database->string()));
  }
  const fs::path fresh = database->string() + ".restored";
  fs::create_directories(database->parent_path());
  fs::copy_file(from / database_file, fresh, fs::copy_options::overwrite_existing);
  in_database(fresh, check_whole, "");
  for (const char* part : {"", "-wal", "-shm"}) {
    const fs::path old = database->string() + part;
    if (fs::exists(old)) fs::rename(old, database->string() + ".before-restore" + part);
    const fs::path made = fresh.string() + part;
    if (*part != '\0' && fs::exists(made)) fs::remove(made);
  }
  fs::rename(fresh, *database);
  const std::size_t files = copy_media(from / "media", settings.data_dir / "media");
  fmt::print("{}: the database and {} media files are back\n", settings.data_dir.string(), files);
  fmt::print(
      "What was published since the backup is asked for at its network before anything is "
      "sent again, where that is possible.\n");
  return 0;
}

}  // namespace app
