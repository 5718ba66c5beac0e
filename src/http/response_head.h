// Status line and headers of a response in wire format. Framing, date and connection headers are
// the server's alone: those a handler set are left out.
#pragma once

#include "http/message.h"

#include <cstddef>
#include <optional>
#include <string>

namespace http {

enum class Framing { length, chunked, until_close };

struct HeadOptions {
  Framing framing = Framing::length;
  bool keep_alive = true;
  std::string_view date;
};

// May a response of this status have a body at all?
bool has_body(int status);

std::string response_head(const Response& response, HeadOptions options);

// Headers of every response, unless the handler chose its own: sniffing off, nothing cached, no
// address leaked by links.
void add_default_headers(Headers& headers);

}  // namespace http
