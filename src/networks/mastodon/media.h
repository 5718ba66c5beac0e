// Files on a server of the Mastodon API: POST /api/v2/media, and waiting for those that it works
// on.
#pragma once

#include "networks/mastodon/api.h"
#include "networks/steps.h"

#include <expected>
#include <string>
#include <variant>
#include <vector>

namespace networks::mastodon {

using MediaIds = std::vector<std::string>;

// Uploads what `steps` do not know as uploaded, and waits until the server has worked through all
// of it: by itself, or by StillWorking where the steps last. Nothing can have been published.
io::Task<std::variant<MediaIds, Prepared>> upload_all(Context context, Server server,
                                                      std::vector<Image> images, Steps* steps);

}  // namespace networks::mastodon
