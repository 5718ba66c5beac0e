// Forward-only migrations, embedded in the binary: NNNN_name.sql, or NNNN_name.pg.sql and
// NNNN_name.sqlite.sql where the dialects differ. A file holds statements separated by ';' at the
// end of a line. Each runs in one transaction with its row in schema_migrations; replicas that
// start together wait for one another (a lock).
#pragma once

#include "base/embedded.h"
#include "db/database.h"

#include <string>
#include <vector>

namespace db {

struct Migration {
  int number = 0;
  std::string name;
  std::string sql;
};

std::vector<Migration> migrations_for(Dialect dialect, base::EmbeddedFiles files);

// Applies what is missing; the names of what it applied.
io::Task<std::vector<std::string>> migrate(Database& database, std::vector<Migration> migrations);

// Missing migrations (empty: up to date). A schema newer than this binary is fine: expand, deploy,
// contract.
io::Task<std::vector<std::string>> pending(Database& database, std::vector<Migration> migrations);

}  // namespace db
