// POST /automation/api/ai/caption.
#pragma once

#include "accounts/accounts.h"
#include "captions/composer.h"
#include "captions/evidence.h"
#include "http/router.h"

namespace captions {

// What bind() needs; everything outlives the router.
struct Services {
  Composer& composer;
  accounts::Accounts& accounts;
  FindEvidence find_evidence;
};

void bind(http::Router& router, Services services);

}  // namespace captions
