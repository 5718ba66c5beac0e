// Rows for a benchmark to work on, made in bulk.
#pragma once

#include "base/time.h"
#include "db/database.h"
#include "networks/network.h"

#include <string>

namespace bench {

// The key that seals the credentials of the benchmark's accounts.
inline constexpr const char* app_key = "bench:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

struct Wish {
  std::int64_t targets = 0;
  std::int64_t accounts = 1'000;
  base::Instant due;
  std::string network;
  networks::json::object credentials = {};
  networks::json::object details = {};
};

// A workspace with accounts, and posts of one target each, spread evenly over the accounts.
io::Task<> seed(db::Database& database, Wish wish);

// `stored` further targets: every other one published long ago, the rest scheduled far ahead.
io::Task<> store_more(db::Database& database, std::int64_t stored);

}  // namespace bench
