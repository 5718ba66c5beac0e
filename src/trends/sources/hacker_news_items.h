// Hacker News items (stories and comments of the Firebase API) as mentions. Pure.
#pragma once

#include "base/json.h"
#include "trends/mention.h"

#include <optional>

namespace trends {

enum class ItemVerdict { mention, ignored, broken };

struct HackerNewsItem {
  ItemVerdict verdict = ItemVerdict::broken;
  Mention mention = {};
};

HackerNewsItem read_hacker_news_item(const json::value& item, base::Instant now);

}  // namespace trends
