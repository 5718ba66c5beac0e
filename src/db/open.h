// The two databases behind db::open, and the parts of its URL.
#pragma once

#include "db/database.h"

#include <memory>
#include <string>

namespace db {

// An empty path means a database in memory.
std::unique_ptr<Database> open_sqlite(io::Executor executor, const Options& options,
                                      std::string path);
std::unique_ptr<Database> open_postgres(io::Executor executor, Options options);

}  // namespace db
