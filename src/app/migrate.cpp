// socialtrend migrate: brings the database to this version, and says what it did.
#include "db/migrate.h"

#include "app/assets.h"
#include "app/commands.h"

#include <filesystem>

#include <fmt/format.h>

namespace app {

int run_migrate(const Settings& settings) {
  if (is_embedded(settings)) std::filesystem::create_directories(settings.data_dir);
  std::vector<std::string> applied;
  io::run([&]() -> io::Task<> {
    return [](const Settings& given, std::vector<std::string>& names) -> io::Task<> {
      const auto database =
          db::open(co_await asio::this_coro::executor, {.url = given.database_url});
      names = co_await db::migrate(*database,
                                   db::migrations_for(database->dialect(), embedded_migrations()));
      co_await database->close();
    }(settings, applied);
  });
  for (const std::string& name : applied) fmt::print("applied {}\n", name);
  fmt::print("{} is up to date\n", db::masked_url(settings.database_url));
  return 0;
}

}  // namespace app
