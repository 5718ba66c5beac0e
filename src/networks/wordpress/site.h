// Talking to a WordPress site: where its REST API is, and what its refusals mean.
#pragma once

#include "networks/answer.h"
#include "networks/network.h"

#include <optional>
#include <string>
#include <string_view>

namespace networks::wordpress {

// Sites with plain permalinks have no /wp-json: there the route stands in the query.
struct Site {
  std::string
      api;  // "https://blog.example/wp-json" or "https://blog.example/index.php?rest_route="
  std::string user;
  std::string password;
};
Site site_of(const json::object& credentials);

// `path` begins with a slash; `query` is encoded, or "".
http::ClientRequest request(const Site& site, std::string method, std::string_view path,
                            std::string_view query = "");

// Nothing when the answer is 2xx.
std::optional<Outcome> failure(const Answer& answer, base::Instant now);

struct Root {
  std::string api;
  std::string title;
  bool application_passwords = false;
};
// Asks `home` where its API is.
io::Task<std::expected<Root, Outcome>> discover(Context context, std::string home);

}  // namespace networks::wordpress
