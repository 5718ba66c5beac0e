// What the page asks of results.
#pragma once

#include "http/router.h"
#include "results/results.h"

namespace results {

void bind(http::Router& router, Results& results, accounts::Accounts& accounts,
          const base::Clock& clock);

}  // namespace results
