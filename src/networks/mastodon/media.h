// Uploading files to a server of the Mastodon API: POST /api/v2/media, and waiting for those that
// it works on.
#pragma once

#include "networks/network.h"

#include <expected>
#include <string>

namespace networks::mastodon {

struct Server {
  std::string url;
  std::string token;
};

// The id of the uploaded file. The outcome of a failure is as while sending; nothing can have been
// published.
io::Task<std::expected<std::string, Outcome>> upload(Context context, Server server, Image image);

}  // namespace networks::mastodon
