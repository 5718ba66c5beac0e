// Media as posts see it: the module of the pictures stands below (media/media.h).
#pragma once

#include "media/media.h"

namespace posts {

using media::Media;
using media::media_item_of;
using media::MediaItem;
using media::to_json;

}  // namespace posts
