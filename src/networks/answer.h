// What an HTTP answer means for a post: the table that all connectors on HTTP share.
//
//   not sent (DNS, refused)   RetryLater: certain that the network has nothing
//   sent, no answer           Unknown
//   429                       RetryLater, after what its headers say
//   401                       AccountBroken, unless the connector can renew its session
//   3xx                       AccountBroken: a POST is not sent elsewhere by itself
//   408, 5xx                  Unknown: it may have been carried out before the failure
//   other 4xx                 Rejected, with the network's own words
//   2xx                       for the connector to read; one that cannot be read is Unknown
//
// While preparing (uploads, look-ups) nothing can be published, so Unknown becomes RetryLater
// there.
#pragma once

#include "http/client.h"
#include "networks/network.h"

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace networks {

using Answer = std::expected<http::ClientResponse, http::TransportError>;

// Foreign words made fit to show and to store: one line of valid UTF-8, markup removed, at most 300
// characters.
std::string clean_words(std::string_view text);

// The network's own words for an error, made fit; what its number means when it has none.
std::string words_or_status(std::string_view words, int status);

// How long a 429 or 503 asks to wait: Retry-After, else RateLimit-Reset or X-RateLimit-Reset
// (seconds, an epoch or RFC 3339). 0 when nothing is said; at most a day.
std::chrono::seconds wait_asked(const http::Headers& headers, base::Instant now);

struct AnswerContext {
  std::string_view label;  // "Mastodon", for messages
  base::Instant now;
  std::string code =
      {};  // the network's own code and words for the refusal, when its answer has them
  std::string words = {};
};

// Nothing when the answer is 2xx.
std::optional<Outcome> failure_of(const Answer& answer, AnswerContext context);

// An outcome met while preparing, connecting or testing.
Prepared while_preparing(Outcome outcome);
base::Error while_connecting(const Outcome& outcome, std::string_view credential_field);
Network::Health while_testing(const Outcome& outcome);
std::string reason_of(const Outcome& outcome);

// The body as a JSON object; nothing when it is something else.
std::optional<json::object> object_of(const http::ClientResponse& response);

// A frozen payload back as an object. Throws when it is none: it is our own writing.
json::object thaw(const Frozen& frozen);

}  // namespace networks
