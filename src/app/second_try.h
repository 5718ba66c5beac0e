// A filter: what only reads is tried once more when the database was lost under it. A pooler or a
// primary that stops takes the statements on its connections along; once all of them are noticed
// the next ones go to another. A try that took long is not repeated: then the database is away, and
// waiting twice helps nobody. Writes are never repeated here: whoever sent them knows their
// Idempotency-Key.
#pragma once

#include "base/time.h"
#include "http/router.h"

namespace app {

// The clock outlives the filter.
http::Filter try_reads_again(const base::Clock& clock);

}  // namespace app
