// Takes statements that were written for PostgreSQL to SQLite, so that the simulated database can
// speak for either: locking clauses go (the lock is taken all the same), and arrays that become
// rows (UNNEST) become a VALUES list.
#pragma once

#include "db/database.h"

#include <string>
#include <string_view>

namespace sim {

struct Statement {
  std::string sql;
  db::Params params;
};

// Reads and locks nothing?
bool only_reads(std::string_view sql);
Statement for_sqlite(std::string sql, db::Params params);

}  // namespace sim
