// Snapshot: the tables as bytes and back. Versioned; tied to the sizes in the options.
#pragma once

#include "base/error.h"
#include "trends/tables.h"

#include <string>
#include <string_view>

namespace trends {

std::string write_snapshot(const Tables& tables);
// Into fresh tables; on failure they are in an unspecified state and must be dropped.
base::Result<void> read_snapshot(std::string_view snapshot, Tables& tables);

}  // namespace trends
