// The server side of tus 1.0 (tus.io) over Uploads. Beside it, GET tells what became of an upload.
#pragma once

#include "http/router.h"
#include "media/media.h"
#include "media/uploads.h"

#include <map>
#include <string>
#include <string_view>

namespace media {

void bind_uploads(http::Router& router, Media& media, Uploads& uploads);

// The pairs of an Upload-Metadata header, values decoded; at most 20, what is malformed is left
// out.
std::map<std::string, std::string> read_upload_metadata(std::string_view header);

}  // namespace media
