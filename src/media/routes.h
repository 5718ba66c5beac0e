// REST API of media: /api/media, signed links under /media, and uploads that can be resumed (tus
// 1.0: creation, creation-with-upload, checksum, expiration, termination) under /api/media/uploads.
#pragma once

#include "http/router.h"
#include "media/media.h"
#include "media/uploads.h"

namespace media {

void bind(http::Router& router, Media& media, Uploads& uploads);

}  // namespace media
