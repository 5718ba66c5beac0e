// The small words of HTTP that several files read: tokens, media types, lists with weights. Pure
// functions.
#pragma once

#include <string>
#include <string_view>

namespace http {

// A token of RFC 9110: what may be a method or a header name.
bool is_token(std::string_view text);

// "Text/HTML; charset=utf-8" -> "text/html".
std::string media_type(std::string_view content_type);

// Does an Accept-Encoding header accept this coding? "gzip;q=0" refuses; "*" stands for all codings
// not named.
bool accepts_encoding(std::string_view accept_encoding, std::string_view coding);

// Does If-None-Match name this entity tag ("..." with its quotes), compared weakly? "*" names every
// tag.
bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace http
