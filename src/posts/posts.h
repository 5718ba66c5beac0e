// Posts: writing, scheduling, moving, approving and calling off.
//
// Every change is one transaction over the post, all its targets and their timeline; it is made
// only if nothing of the post is with a worker, and the locks of that transaction and the worker's
// claim decide who was first: an edit is refused with 409 or wins, never both. A version that the
// caller has seen (If-Match) is held against the present one: 412.
//
//   auto post = co_await posts.create(who, input);   // all or nothing
//
// Not thread-safe: one per loop.
#pragma once

#include "accounts/accounts.h"
#include "accounts/principal.h"
#include "base/error.h"
#include "base/time.h"
#include "db/database.h"
#include "media/media.h"
#include "posts/checks.h"
#include "posts/input.h"
#include "posts/post.h"
#include "posts/slots.h"
#include "posts/standing.h"
#include "posts/store.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace posts {

// What posts tell the rest of the program, after the commit. Either may be empty.
struct Signals {
  std::function<void(base::WorkspaceId, json::object)> changed;  // {"type": "post", "id": ...}
  std::function<void()> due_soon;  // a worker in this process may wake
};

// Written in the transaction of a new post, so that both are there or neither; its error calls the
// post off. `due` is the earliest time of the post.
using Alongside = std::function<io::Task<base::Result<void>>(db::Session&, base::PostId,
                                                             std::optional<base::Instant> due)>;

struct Validation {
  bool ok = true;
  std::optional<base::Instant> due_at;
  Checked checked;
};

class Posts {
 public:
  using Who = accounts::Principal;
  using Version = std::optional<std::int64_t>;  // of If-Match

  Posts(db::Database& database, const base::Clock& clock, Checks& checks, Slots& slots,
        Signals signals);

  // `self` is the post that is being changed, or one of the series that is: not its own neighbour.
  io::Task<base::Result<Validation>> validate(Who who, PostInput input,
                                              std::optional<base::PostId> self = {});
  io::Task<base::Result<Post>> create(Who who, PostInput input, Alongside alongside = {});
  io::Task<base::Result<Post>> replace(Who who, base::PostId id, PostInput input, Version version);
  // Another time, another too-late policy; the content stays.
  io::Task<base::Result<Post>> change(Who who, base::PostId id, PostChange change, Version version);
  io::Task<base::Result<Post>> publish_now(Who who, base::PostId id, Version version);
  // Calls off what no worker has yet; 409 when that is nothing.
  io::Task<base::Result<Post>> cancel(Who who, base::PostId id, Version version);
  io::Task<base::Result<Post>> approve(Who who, base::PostId id, Version version);
  io::Task<base::Result<Post>> reject(Who who, base::PostId id, std::string reason,
                                      Version version);
  io::Task<base::Result<void>> remove(Who who, base::PostId id, Version version);

  io::Task<base::Result<Post>> get(base::WorkspaceId workspace, base::PostId id);
  io::Task<base::Result<PostPage>> list(base::WorkspaceId workspace, PostFilter filter);
  io::Task<base::Result<std::vector<TimelineEntry>>> timeline(base::WorkspaceId workspace,
                                                              base::PostId id);

  // What nobody has approved waits from now on, in the transaction that makes approval required:
  // hand it to accounts::Workspaces::on_approval_required.
  io::Task<> hold_unapproved(db::Session& session, base::WorkspaceId workspace);

  // Calls off what waits for an account that is being disconnected, in that transaction: hand it to
  // accounts::Accounts::on_disconnect.
  io::Task<> cancel_for_account(db::Session& session, base::AccountId account);

 private:
  enum class Mode {
    replace,  // content may differ: nothing may be out yet
    move,     // only the time: what is over stays over
  };
  io::Task<base::Result<Checked>> checked(Who who, const PostInput& input,
                                          std::optional<base::Instant> due,
                                          std::optional<base::PostId> self);
  io::Task<base::Result<Post>> locked(db::Session& session, base::WorkspaceId workspace,
                                      base::PostId id, Version version);
  io::Task<base::Result<Post>> rewrite(Who who, base::PostId id, PostInput input, Mode mode,
                                       Version version);
  io::Task<base::Result<Post>> change_policy(Who who, base::PostId id, TooLate too_late,
                                             Version version);
  io::Task<base::Result<Post>> finish(base::WorkspaceId workspace, base::PostId id,
                                      std::vector<Warning> warnings = {});
  // What is to become of the targets that wait, and what is told about it.
  struct Verdict {
    TargetState to;
    std::string reason;
    std::string event;
    std::string message;
  };
  io::Task<base::Result<Post>> change_waiting(Who who, base::PostId id, Version version,
                                              Verdict verdict);
  void tell(base::WorkspaceId workspace, base::PostId id, std::optional<base::Instant> due_at);

  db::Database& database_;
  const base::Clock& clock_;
  Checks& checks_;
  Slots& slots_;
  Signals signals_;
};

json::array to_json(const std::vector<Warning>& warnings);
// What posts and series have in common.
json::object content_json(const PostInput& content);
// Schema Post; `link` makes the signed link of a medium.
json::object to_json(const Post& post,
                     const std::function<std::string(const base::MediaId&)>& link);

}  // namespace posts
