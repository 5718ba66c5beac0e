// Workspaces: the tenants, with their people, roles and invitations. There is always an owner: the
// last one can neither leave nor be demoted, also not by two owners at the same moment.
#pragma once

#include "accounts/events.h"
#include "accounts/principal.h"
#include "accounts/settings.h"
#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "db/database.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace accounts {

struct Workspace {
  base::WorkspaceId id;
  std::string name;
  std::string time_zone;
  bool approval_required = false;
  bool self_approval = true;  // may people approve what they have written themselves?
  bool paused = false;        // every target waits
};

struct NewWorkspace {
  std::string name;
  std::string time_zone;
};

struct WorkspaceChange {
  std::optional<std::string> name;
  std::optional<std::string> time_zone;
  std::optional<bool> approval_required;
  std::optional<bool> self_approval;
  std::optional<bool> paused;
};

struct Member {
  base::UserId user;
  std::string name;
  std::string email;
  Role role = Role::viewer;
};

struct Invitation {
  std::string id;
  std::string token;  // in the answer that makes it, never again
  Role role = Role::viewer;
  std::string invited_by;  // a name for people
  base::Instant created_at;
  base::Instant expires_at;
};

class Workspaces {
 public:
  static constexpr std::int64_t open_invitations_max = 100;

  // What must happen in the transaction that makes approval required (what nobody has approved
  // waits from now on).
  using OnApprovalRequired = std::function<io::Task<>(db::Session&, base::WorkspaceId)>;

  // `events`: told of every change that a person can see; may be null.
  Workspaces(db::Database& database, const base::Clock& clock, const Settings& settings,
             Events* events = nullptr);

  void on_approval_required(OnApprovalRequired then) { on_approval_required_ = std::move(then); }

  io::Task<std::vector<Workspace>> list(base::UserId user);
  io::Task<base::Result<Workspace>> get(base::WorkspaceId id);
  io::Task<base::Result<Workspace>> change(Principal who, WorkspaceChange change);
  io::Task<std::vector<Member>> members(base::WorkspaceId id);
  io::Task<base::Result<void>> set_role(Principal who, base::UserId user, Role role);
  // With the sessions and tokens that the person had for it.
  io::Task<base::Result<void>> remove(Principal who, base::UserId user);
  io::Task<base::Result<Invitation>> invite(Principal who, Role role);
  // Those that can still be used, newest first, without their tokens.
  io::Task<std::vector<Invitation>> invitations(base::WorkspaceId id);
  io::Task<base::Result<void>> revoke_invitation(Principal who, std::string id);
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
  Events* events_;
  OnApprovalRequired on_approval_required_;
};

// Makes a workspace with its owner.
io::Task<base::WorkspaceId> found_workspace(db::Session& session, base::Instant now,
                                            NewWorkspace wanted, base::UserId owner);
io::Task<> add_member(db::Session& session, base::Instant now, base::WorkspaceId workspace,
                      base::UserId user, Role role);
// Could this invitation be used now?
io::Task<base::Result<void>> find_invitation(db::Session& session, base::Instant now,
                                             std::string token);
// Uses it up and makes the person a member.
io::Task<base::Result<base::WorkspaceId>> use_invitation(db::Session& session, base::Instant now,
                                                         std::string token, base::UserId user);

}  // namespace accounts
