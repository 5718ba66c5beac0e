// What a transaction allows next, the same on both databases: after a failed or abandoned statement
// nothing but ROLLBACK TO a savepoint (or dropping it), after commit() nothing at all.
#pragma once

#include "db/database.h"
#include "db/sql_text.h"

#include <string_view>

namespace db {

class TransactionState {
 public:
  // Marks the transaction as failed unless succeeded() is called: exceptions and cancellation
  // alike.
  class Step {
   public:
    explicit Step(TransactionState& state) : state_(state) {}
    ~Step() {
      if (!succeeded_) state_.failed_ = true;
    }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    void succeeded() { succeeded_ = true; }

   private:
    TransactionState& state_;
    bool succeeded_ = false;
  };

  void check_statement(std::string_view sql) {
    const Verb verb = verb_of(sql);
    if (verb == Verb::begin || verb == Verb::end) refuse("is ended by commit() or by dropping it");
    if (committed_) refuse("is over");
    if (failed_ && verb != Verb::rollback_to) refuse("has failed and can only be dropped");
    if (verb == Verb::rollback_to) failed_ = false;
  }
  void check_commit() {
    if (committed_) refuse("is over");
    if (failed_) refuse("has failed and cannot be committed");
    committed_ = true;
  }
  bool committed() const { return committed_; }

 private:
  [[noreturn]] static void refuse(const char* reason) {
    throw DatabaseError(DatabaseError::Kind::other, std::string("the transaction ") + reason);
  }

  bool failed_ = false;
  bool committed_ = false;
};

// Transactions are opened by begin(): one that a single statement opens would leak to others.
inline void check_single(std::string_view sql) {
  const Verb verb = verb_of(sql);
  if (verb == Verb::begin || verb == Verb::end || verb == Verb::rollback_to) {
    throw DatabaseError(DatabaseError::Kind::other, "transactions are opened by begin()");
  }
}

}  // namespace db
