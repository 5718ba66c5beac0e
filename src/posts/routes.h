// The API of posts, slots and media (tags posts of openapi.json).
#pragma once

#include "accounts/principal.h"
#include "http/router.h"
#include "posts/posts.h"

namespace posts {

// The services outlive the router.
void bind(http::Router& router, Posts& posts, Slots& slots, media::Media& media,
          accounts::Accounts& accounts, db::Database& database);

// Who wants to change something, and the version that he has seen: If-Match, nothing when absent or
// "*"; 400 when it is neither.
struct ChangeAsked {
  accounts::Principal who;
  std::optional<std::int64_t> version;
};
base::Result<ChangeAsked> change_asked(const http::Request& request, accounts::Role role);

}  // namespace posts
