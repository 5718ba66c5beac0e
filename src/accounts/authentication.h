// The filter that finds out who asks: a session cookie or a bearer token becomes the Principal of
// the request.
//
// It refuses nobody. A request without credentials has no principal, one with wrong credentials or
// without its CSRF token has a refusal, and both come to light when a handler calls
// accounts::principal(); public handlers do not.
#pragma once

#include "http/router.h"

namespace accounts {

struct Services;

// `services` outlive the router.
http::Filter make_authentication(Services& services);

}  // namespace accounts
