// The audit trail of a workspace: who did what to which thing, and what it was before and is now.
//
// Written in the transaction of the change where that has one. In words for people; never secrets,
// never the text of a post. Kept for AUDIT_KEEP, then pruned.
//
//   co_await accounts::append_audit(session, now, audited(who, "account.paused", {...}));
#pragma once

#include "accounts/principal.h"
#include "base/time.h"
#include "db/database.h"

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace accounts {

// What was touched, and how it changed.
struct AuditedThing {
  std::string type;  // account, invitation, member, post, series, token, workspace
  std::string id;
  std::string name;         // for people: a handle, a name, a time
  std::string before = {};  // in words; empty where there is nothing to say
  std::string after = {};
};

struct AuditEntry {
  base::WorkspaceId workspace;
  base::UserId actor;  // empty: the program itself
  std::string via;     // session, token or system
  std::string action;  // "post.approved"
  AuditedThing thing;
};

AuditEntry audited(const Principal& who, std::string action, AuditedThing thing);
io::Task<> append_audit(db::Session& session, base::Instant now, AuditEntry entry);

struct AuditFilter {
  std::string action;     // "post.approved", or "post." for all of a kind
  std::string actor_id;   // empty: everybody
  std::string object_id;  // empty: everything
  std::optional<base::Instant> from;
  std::optional<base::Instant> to;
  std::string before_id;  // of the page before
  std::size_t limit = 50;
};

struct AuditRecord {
  std::string id;
  base::Instant at;
  std::string actor;  // the name at that time
  AuditEntry entry;
};

// Newest first; one more than `limit` when there is a further page.
io::Task<std::vector<AuditRecord>> read_audit(db::Session& session, base::WorkspaceId workspace,
                                              AuditFilter filter);
io::Task<> prune_audit(db::Session& session, base::Instant before);

boost::json::object to_json(const AuditRecord& record);

}  // namespace accounts
