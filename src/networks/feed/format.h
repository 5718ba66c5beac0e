// Writes a feed as RSS 2.0, Atom 1.0 (RFC 4287) and JSON Feed 1.1. Pure; whoever serves feeds calls
// it with the items that feed.cpp put into LocalFeed, newest first.
#pragma once

#include "base/time.h"

#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace networks::feed {

namespace json = boost::json;

struct Channel {
  std::string title;
  std::string description;
  std::string home_url;  // a page for people; may be empty
  std::string base_url;  // of this feed, without its ending: ".rss", ".atom" and ".json" are added
  base::Instant updated_at;
};

std::string to_rss(const Channel& channel, const std::vector<json::object>& items);
std::string to_atom(const Channel& channel, const std::vector<json::object>& items);
std::string to_json_feed(const Channel& channel, const std::vector<json::object>& items);

// The text of an item as HTML: escaped, links made clickable, lines kept.
std::string text_to_html(std::string_view text);

}  // namespace networks::feed
