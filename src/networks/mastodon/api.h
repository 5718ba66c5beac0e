// Calls of a server that speaks the Mastodon API, and what its refusals mean.
#pragma once

#include "networks/answer.h"
#include "networks/network.h"

#include <optional>
#include <string>

namespace networks::mastodon {

struct Server {
  std::string url;
  std::string token;
};

Server server_of(const Account& account);
http::ClientRequest authorised(const Server& server, std::string method, std::string path);

// Nothing when the answer is 2xx. The refusal has the server's own words, wherever it puts them.
std::optional<Outcome> failure(const Answer& answer, base::Instant now);

// Where a status is; nothing when the object is none.
std::optional<Published> published(const json::object& status);

}  // namespace networks::mastodon
