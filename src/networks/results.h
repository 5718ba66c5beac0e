// What came of published posts, as far as their network tells it to the one who published them:
// likes, reposts, replies. Bluesky and Mastodon's kin tell; of others nothing is made up.
#pragma once

#include "networks/network.h"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace networks {

struct PostResult {
  std::string remote_id;
  std::int64_t likes = 0;
  std::int64_t reposts = 0;
  std::int64_t replies = 0;
};
using PostResults = std::expected<std::vector<PostResult>, Outcome>;

inline constexpr std::size_t results_at_once = 20;

// The ids of networks that tell.
const std::vector<std::string>& networks_with_results();
// Of up to results_at_once posts of the account, by their remote ids; those that are gone are
// missing. An Outcome says why nobody can tell at the moment. CHECKs that the network tells.
io::Task<PostResults> read_results(Context context, Account account,
                                   std::vector<std::string> remote_ids);

namespace bluesky {
io::Task<PostResults> read_results(Context context, Account account,
                                   std::vector<std::string> remote_ids);
}
namespace mastodon {
io::Task<PostResults> read_results(Context context, Account account,
                                   std::vector<std::string> remote_ids);
}

}  // namespace networks
