#include "networks/results.h"

#include "base/check.h"

namespace networks {

const std::vector<std::string>& networks_with_results() {
  static const auto* ids = new std::vector<std::string>{"bluesky", "mastodon"};
  return *ids;
}

io::Task<PostResults> read_results(Context context, Account account,
                                   std::vector<std::string> remote_ids) {
  CHECK(remote_ids.size() <= results_at_once);
  if (account.network == "bluesky") {
    return bluesky::read_results(std::move(context), std::move(account), std::move(remote_ids));
  }
  CHECK(account.network == "mastodon");
  return mastodon::read_results(std::move(context), std::move(account), std::move(remote_ids));
}

}  // namespace networks
