// The checks on a request's header that decide how it is framed and where it goes. Pure.
#pragma once

#include "base/error.h"
#include "http/message.h"

#include <string_view>
#include <utility>
#include <vector>

namespace http {

constexpr std::size_t header_fields_max = 100;

// What a parser found, before anybody believes it.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  unsigned version = 11;
  std::vector<std::pair<std::string_view, std::string_view>> headers = {};
};

// The request without its body; an error with the status to refuse it with.
base::Result<Request> check_head(const RequestHead& head);

}  // namespace http
