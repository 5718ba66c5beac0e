// The text of an RFC 5545 recurrence rule, held against what the RFC allows and what a series of
// posts can bear. Pure.
#pragma once

#include "base/error.h"

#include <string>

namespace posts {

// The rule in upper case without the name in front, or an error at "repeat.rrule".
base::Result<std::string> checked_rule_text(std::string_view text);

}  // namespace posts
