// Reason phrases of HTTP status codes (RFC 9110), for status lines and the titles of problems.
#pragma once

#include <string_view>

namespace http {

std::string_view reason_phrase(int status);

}  // namespace http
