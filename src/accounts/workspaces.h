// Workspaces: the tenants, with their people, roles and invitations. There is always an owner: the
// last one can neither leave nor be demoted, also not by two owners at the same moment.
#pragma once

#include "accounts/principal.h"
#include "accounts/settings.h"
#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "db/database.h"

#include <optional>
#include <string>
#include <vector>

namespace accounts {

struct Workspace {
  base::WorkspaceId id;
  std::string name;
  std::string time_zone;
  bool approval_required = false;
};

struct NewWorkspace {
  std::string name;
  std::string time_zone;
};

struct WorkspaceChange {
  std::optional<std::string> name;
  std::optional<std::string> time_zone;
  std::optional<bool> approval_required;
};

struct Member {
  base::UserId user;
  std::string name;
  std::string email;
  Role role = Role::viewer;
};

struct Invitation {
  std::string token;  // in the answer that makes it, never again
  base::Instant expires_at;
};

class Workspaces {
 public:
  static constexpr std::int64_t open_invitations_max = 100;

  Workspaces(db::Database& database, const base::Clock& clock, const Settings& settings);

  io::Task<std::vector<Workspace>> list(base::UserId user);
  io::Task<base::Result<Workspace>> get(base::WorkspaceId id);
  io::Task<base::Result<Workspace>> change(base::WorkspaceId id, WorkspaceChange change);
  io::Task<std::vector<Member>> members(base::WorkspaceId id);
  io::Task<base::Result<void>> set_role(base::WorkspaceId id, base::UserId user, Role role);
  // With the sessions and tokens that the person had for it.
  io::Task<base::Result<void>> remove(base::WorkspaceId id, base::UserId user);
  io::Task<base::Result<Invitation>> invite(base::WorkspaceId id, base::UserId by, Role role);
  // A person who is registered already takes an invitation to a further workspace.
  io::Task<base::Result<base::WorkspaceId>> accept(base::UserId user, std::string invitation);
  io::Task<> prune();

 private:
  // Locks the workspace's members against other changes; the role of the person.
  io::Task<base::Result<Role>> lock_member(db::Session& session, base::WorkspaceId id,
                                           base::UserId user);
  io::Task<base::Result<void>> keep_an_owner(db::Session& session, base::WorkspaceId id);

  db::Database& database_;
  const base::Clock& clock_;
  const Settings& settings_;
};

// Makes a workspace with its owner.
io::Task<base::WorkspaceId> found_workspace(db::Session& session, base::Instant now,
                                            NewWorkspace wanted, base::UserId owner);
// Could this invitation be used now?
io::Task<base::Result<void>> find_invitation(db::Session& session, base::Instant now,
                                             std::string token);
// Uses it up and makes the person a member.
io::Task<base::Result<base::WorkspaceId>> use_invitation(db::Session& session, base::Instant now,
                                                         std::string token, base::UserId user);

}  // namespace accounts
