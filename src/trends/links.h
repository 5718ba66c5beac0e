// The canonical form of a link: what two people mean when they share the same page.
//
// Host in lower case without "www." and default port, path, and the query without what only tracks;
// no scheme, no fragment, no trailing slash. Shorteners are not followed. Never throws; input of
// any bytes.
#pragma once

#include <string>
#include <string_view>

namespace trends {

// Appends to `out` and returns true, or leaves it alone and returns false when it is no usable
// http(s) link. A link without scheme counts as https.
bool canonical_link(std::string_view url, std::string& out);

}  // namespace trends
