// Routes of workspaces: those one is in, their people and their invitations.
#pragma once

#include "accounts/services.h"
#include "http/message.h"

namespace accounts {

class WorkspaceRoutes {
 public:
  explicit WorkspaceRoutes(Services& services) : services_(services) {}

  io::Task<http::Response> list(http::Request request);
  io::Task<http::Response> change(http::Request request);
  // Moves the session to another workspace of the person.
  io::Task<http::Response> enter(http::Request request);
  io::Task<http::Response> list_members(http::Request request);
  io::Task<http::Response> set_role(http::Request request);
  io::Task<http::Response> remove_member(http::Request request);
  io::Task<http::Response> list_invitations(http::Request request);
  io::Task<http::Response> invite(http::Request request);
  io::Task<http::Response> revoke_invitation(http::Request request);
  io::Task<http::Response> accept(http::Request request);

 private:
  Services& services_;
};

}  // namespace accounts
