// Every double, one row each: what the conformance test runs connectors against and what
// `socialtrend rehearse` serves. A network of all.def without a row fails the conformance test.
#pragma once

#include "networks/doubles/double.h"

#include <memory>
#include <string>
#include <vector>

namespace networks::doubles {

// How a kind of server behaves where kinds differ: what the conformance test expects of it.
struct Kind {
  std::string name;     // "gotosocial"
  std::string network;  // the connector's id: "mastodon"
  RetryClass retry = RetryClass::blind;
  // Null for a network that this program serves itself.
  std::unique_ptr<Double> (*make)(const base::Clock& clock) = nullptr;
  bool wants_picture = false;       // a post without one is refused
  bool renews_session = false;      // an expired session is renewed on the way
  bool any_success_counts = false;  // a 2xx is a yes, whatever the body says
  bool strict_text = true;          // the text's limit is the network's own, not one that we set
  bool new_ids = false;             // preparing makes something there, under a new id each time
  bool links_parts = true;          // the next part of a thread names the one before it
};

const std::vector<Kind>& kinds();

}  // namespace networks::doubles
