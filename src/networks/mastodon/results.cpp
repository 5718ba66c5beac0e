#include "networks/results.h"

#include "base/text.h"
#include "networks/answer.h"
#include "networks/fields.h"
#include "networks/mastodon/api.h"

namespace networks::mastodon {

// One by one, which every server of the kind knows.
io::Task<PostResults> read_results(Context context, Account account,
                                   std::vector<std::string> remote_ids) {
  const Server server = server_of(account);
  std::vector<PostResult> results;
  for (const std::string& id : remote_ids) {
    const auto answer = co_await context.http->send(
        authorised(server, "GET", "/api/v1/statuses/" + base::url_encode(id)));
    if (answer && (answer->status == 404 || answer->status == 410)) continue;
    if (auto bad = failure(answer, context.clock->now())) co_return std::unexpected(*bad);
    const auto status = object_of(*answer);
    if (!status) co_return std::unexpected(Unknown{"Mastodon: the answer cannot be read"});
    results.push_back({.remote_id = id,
                       .likes = integer_field(*status, "favourites_count"),
                       .reposts = integer_field(*status, "reblogs_count"),
                       .replies = integer_field(*status, "replies_count")});
  }
  co_return results;
}

}  // namespace networks::mastodon
