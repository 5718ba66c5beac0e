// Between our values and libpq's: parameters, rows, errors.
#pragma once

#include "db/database.h"

#include <exception>
#include <libpq-fe.h>
#include <memory>
#include <string>
#include <vector>

namespace db::postgres {

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

// Throws DatabaseError for what the server could not even be sent: text with a NUL byte.
void check(const Params& params);

// The parameters of one statement as PQsendQueryParams takes them. Text carries no type: the server
// takes it from the context, so that one Value fits BIGINT, BOOLEAN and TEXT alike.
// Points into the params, which must outlive it.
class Encoded {
 public:
  explicit Encoded(const Params& params);

  int count() const { return static_cast<int>(values_.size()); }
  const Oid* types() const { return types_.data(); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void add(Null);
  void add(std::int64_t value);
  void add(double value);
  void add(const std::string& text);
  void add(const Bytes& bytes);
  void add_owned(std::string text);

  std::vector<Oid> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<std::unique_ptr<std::string>> owned_;
};

Rows decode(const PGresult* result);

// base::Unavailable for what may pass, DatabaseError for the rest; no detail line, which quotes
// data.
std::exception_ptr error_of(const PGresult* result);
std::string sqlstate_of(const PGresult* result);

}  // namespace db::postgres
