// The statements that carry out any batch of transitions, whatever their kind. Apart from
// store.cpp because its columns must be read side by side.
#pragma once

#include "publishing/store.h"

#include <string>
#include <vector>

namespace publishing {

struct ChangesSql {
  std::string sql;  // empty: nothing to do
  db::Params params;
};

// Updates every target whose state and fence are as seen, and returns their ids.
ChangesSql changes_sql(db::Dialect dialect, const Changes& changes, const std::string& owner,
                       base::Instant now);

// Whether it begins or ends an attempt: that tells of it then.
bool has_attempt(const Change& change);

// The new attempts of those changes that were made.
ChangesSql attempts_sql(db::Dialect dialect, const Changes& changes, const Stories& stories,
                        const std::string& owner, base::Instant now);

// The outcomes of the attempts that ended with them.
ChangesSql outcomes_sql(db::Dialect dialect, const Changes& changes, const Stories& stories,
                        base::Instant now);

}  // namespace publishing
