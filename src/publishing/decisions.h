// A person's word on a target that nobody else can decide about.
#pragma once

#include "accounts/principal.h"
#include "base/error.h"
#include "base/time.h"
#include "db/database.h"
#include "posts/posts.h"
#include "publishing/store.h"

namespace publishing {

class Decisions {
 public:
  // Tells what `signals` tell: the change, and that something is due.
  Decisions(db::Database& database, const base::Clock& clock, posts::Signals signals);

  // 404 for what is not there, 409 when there is nothing to decide (any more).
  io::Task<base::Result<void>> decide(accounts::Principal who, base::PostId post,
                                      base::TargetId target, Decision decision);

 private:
  io::Task<std::string> name_of(base::UserId user);

  db::Database& database_;
  const base::Clock& clock_;
  posts::Signals signals_;
  Store store_;
};

}  // namespace publishing
