// Whose is a post that a look-up has found? The same words may be said twice by one account: what
// is known to be another target's is not taken for ours.
#pragma once

#include "db/database.h"
#include "networks/network.h"

namespace publishing {

class OtherTargets final : public networks::OtherPosts {
 public:
  OtherTargets(db::Database& database, base::TargetId own) : database_(database), own_(own) {}

  io::Task<bool> include(base::AccountId account, std::string remote_id) override;

 private:
  db::Database& database_;
  base::TargetId own_;
};

}  // namespace publishing
