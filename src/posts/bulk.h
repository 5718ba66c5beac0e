// Many posts at once: a table of rows becomes posts, all of them or none (or, if wanted, the good
// ones). A dry run does everything the real run does, in a transaction that is never committed: it
// finds the same faults and the same times. Each row's errors and warnings name the row and field.
#pragma once

#include "accounts/accounts.h"
#include "posts/posts.h"
#include "posts/writing.h"

#include <string>
#include <vector>

namespace posts {

inline constexpr std::size_t bulk_rows_max = 500;

enum class BulkMode {
  all_or_nothing,
  good_rows,  // what is right is made, the rest is answered with its errors
};

struct BulkRow {
  PostInput input;
  std::vector<base::FieldError> errors;  // of reading it
};

struct BulkInput {
  std::vector<BulkRow> rows;
  BulkMode mode = BulkMode::all_or_nothing;
  bool dry_run = false;
};

struct BulkRowResult {
  std::vector<base::FieldError> errors;
  std::vector<Warning> warnings;
  std::optional<base::PostId> post;  // made; nothing in a dry run
  std::optional<base::Instant> due_at;
};

struct BulkResult {
  bool ok = true;  // no row has an error
  std::size_t created = 0;
  std::vector<BulkRowResult> rows;  // in the order of the input
};

// A body of JSON: {"rows": [...], "dry_run", "mode"}; each row is a PostInput, or short: "text",
// "accounts" (ids or handles), "at" or "local" or "slot". Bad rows are answered row by row.
base::Result<BulkInput> read_bulk(const json::value& body,
                                  const std::vector<accounts::AccountView>& accounts);
// A body of CSV with a header line of those short names, as bulk_csv_columns lists them.
base::Result<BulkInput> read_bulk_csv(std::string_view text,
                                      const std::vector<accounts::AccountView>& accounts);

class Bulk {
 public:
  Bulk(db::Database& database, const base::Clock& clock, Checks& checks, Slots& slots,
       Signals signals);

  io::Task<BulkResult> run(accounts::Principal who, BulkInput input);

 private:
  io::Task<std::vector<Checked>> check(const accounts::Principal& who, const BulkInput& input,
                                       BulkResult& result);

  db::Database& database_;
  const base::Clock& clock_;
  Checks& checks_;
  Slots& slots_;
  Signals signals_;
};

// What rows of the same table do to each other: the same minute, the same text, on one account.
void warn_of_each_other(const BulkInput& input, BulkResult& result,
                        const std::vector<Times>& times);

json::object to_json(const BulkResult& result, bool dry_run);

}  // namespace posts
