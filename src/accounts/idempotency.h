// Idempotency-Key for every authenticated POST: the same key with the same request answers the
// first answer again.
//
// The key is claimed in the database before the handler runs and gets the answer after it. Another
// request under the key is refused (422), the same one at the same time too (409). Answers are kept
// 24 hours, sealed, for they may hold a new token. What may succeed when repeated (5xx, 409, 429, a
// lack of rights) is not kept. When a process dies in between, nobody knows whether the work was
// done: the key answers 409 "idempotency_interrupted" and never runs the work again.
//
// Must be added after the authentication filter: keys belong to a person in a workspace.
#pragma once

#include "base/crypto.h"
#include "base/time.h"
#include "db/database.h"
#include "http/router.h"

namespace accounts {

// The services outlive the router.
http::Filter make_idempotency(db::Database& database, const base::Clock& clock,
                              const base::Vault& vault);

// Forgets the answers that are older than 24 hours; the housekeeping job calls it.
io::Task<> prune_idempotency(db::Session& session, base::Instant now);

}  // namespace accounts
