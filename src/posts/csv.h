// Comma-separated values, RFC 4180: quoted fields may hold commas, quotes and line breaks. Pure.
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace posts {

// Lines of fields; empty lines are left out. `separator` is ',' or ';', as the first line has it.
// An error names the line where a quote is wrong, or says that there are too many lines.
base::Result<std::vector<std::vector<std::string>>> read_csv(std::string_view text,
                                                             std::size_t lines_max);

}  // namespace posts
