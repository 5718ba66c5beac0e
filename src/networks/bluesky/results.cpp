#include "networks/results.h"

#include "base/json.h"
#include "networks/bluesky/session.h"
#include "networks/fields.h"

namespace networks::bluesky {

// All in one request: the network leaves out what is gone.
io::Task<PostResults> read_results(Context context, Account account,
                                   std::vector<std::string> remote_ids) {
  http::Query query;
  for (std::string& uri : remote_ids) query.pairs.emplace_back("uris", std::move(uri));
  Xrpc xrpc(std::move(context), std::move(account));
  const auto reply = co_await xrpc.get("app.bsky.feed.getPosts", std::move(query));
  if (!reply) co_return std::unexpected(reply.error().outcome);
  const json::value body = *reply;
  const json::value* posts = base::find(body, "/posts");
  if (posts == nullptr || !posts->is_array()) {
    co_return std::unexpected(Unknown{"Bluesky: the answer cannot be read"});
  }
  std::vector<PostResult> results;
  for (const json::value& post : posts->get_array()) {
    if (!post.is_object()) continue;
    const json::object& fields = post.get_object();
    results.push_back({.remote_id = text_field(fields, "uri"),
                       .likes = integer_field(fields, "likeCount"),
                       .reposts = integer_field(fields, "repostCount"),
                       .replies = integer_field(fields, "replyCount")});
  }
  co_return results;
}

}  // namespace networks::bluesky
