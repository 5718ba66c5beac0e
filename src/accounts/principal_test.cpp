#include "accounts/principal.h"

#include <gtest/gtest.h>

namespace accounts {
namespace {

TEST(Role, IsReadAndWritten) {
  for (const Role role : {Role::viewer, Role::editor, Role::admin, Role::owner}) {
    EXPECT_EQ(parse_role(to_string(role)), role);
  }
  EXPECT_EQ(parse_role("root").error().status, 422);
}

TEST(Principal, IsNeeded) {
  const http::Request request;
  EXPECT_EQ(principal(request, Role::viewer).error().status, 401);
}

TEST(Principal, NeedsItsRole) {
  http::Request request;
  attach(request, {.user = {"u"}, .workspace = {"w"}, .role = Role::editor});
  EXPECT_EQ(principal(request, Role::editor)->user.value, "u");
  EXPECT_EQ(principal(request, Role::admin).error().status, 403);
}

TEST(Principal, TellsWhyCredentialsDoNotCount) {
  http::Request request;
  attach_refusal(request, {.status = 403, .code = "csrf", .message = "no"});
  EXPECT_EQ(principal(request, Role::viewer).error().code, "csrf");
}

}  // namespace
}  // namespace accounts
