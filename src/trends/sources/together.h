// Two tasks at once: returns when both are done, and when one fails cancels the other and throws
// what the first threw. (Asio's own && throws "multiple exceptions" then, which tells nobody
// anything and hides a cancellation.)
#pragma once

#include "io/task.h"

namespace trends {

io::Task<> together(io::Task<> first, io::Task<> second);

}  // namespace trends
