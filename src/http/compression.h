// Compression of response bodies: Brotli or gzip, whichever the client accepts, for text worth the
// work.
#pragma once

#include "http/message.h"

namespace http {

enum class Coding { identity, gzip, brotli };

// What to compress a response with. Identity for small or already compressed ones and for streams.
Coding choose_coding(const Response& response, std::string_view accept_encoding);

// Pure and CPU-heavy; see compress_response() for large bodies.
std::string compress(std::string_view bytes, Coding coding);

// Compresses the body as chosen and sets Content-Encoding, Vary and a weak ETag; large bodies on a
// helper thread.
io::Task<Response> compress_response(Response response, std::string accept_encoding);

}  // namespace http
