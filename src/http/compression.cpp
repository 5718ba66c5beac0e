#include "http/compression.h"

#include "base/check.h"
#include "base/text.h"
#include "http/syntax.h"

#include <zlib.h>

#include <brotli/encode.h>

namespace http {
namespace {

constexpr std::size_t size_min = 1024;
// Above this the event loop would stand still for more than a millisecond.
constexpr std::size_t inline_max = std::size_t{64} * 1024;
constexpr int gzip_window_bits = 15 + 16;  // zlib's way to ask for the gzip format
constexpr int gzip_level = 6;
constexpr int brotli_quality = 4;  // about as fast as gzip 6, and smaller

std::string_view body_of(const Response& response) {
  return response.static_body.empty() ? std::string_view(response.body) : response.static_body;
}

bool is_compressible(std::string_view type) {
  if (type.starts_with("text/")) return type != "text/event-stream";
  if (type.ends_with("+json") || type.ends_with("+xml")) return true;
  return type == "application/json" || type == "application/javascript" ||
         type == "application/xml" || type == "application/manifest+json" ||
         type == "application/wasm";
}

bool may_compress(const Response& response) {
  if (response.stream || response.headers.has("Content-Encoding")) return false;
  if (response.status == 206) return false;  // ranges are of the uncompressed bytes
  if (body_of(response).size() < size_min) return false;
  return is_compressible(media_type(response.headers.get("Content-Type")));
}

std::string gzip(std::string_view bytes) {
  z_stream stream = {};
  CHECK(deflateInit2(&stream, gzip_level, Z_DEFLATED, gzip_window_bits, 8, Z_DEFAULT_STRATEGY) ==
        Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  // zlib's interface is older than const; it does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  CHECK(result == Z_STREAM_END);
  return out;
}

std::string brotli(std::string_view bytes) {
  std::string out(BrotliEncoderMaxCompressedSize(bytes.size()), '\0');
  std::size_t size = out.size();
  CHECK(BrotliEncoderCompress(brotli_quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, bytes.size(),
                              reinterpret_cast<const std::uint8_t*>(bytes.data()), &size,
                              reinterpret_cast<std::uint8_t*>(out.data())) == BROTLI_TRUE);
  out.resize(size);
  return out;
}

void add_vary(Headers& headers) {
  const std::string vary(headers.get("Vary"));
  if (vary.empty()) {
    headers.set("Vary", "Accept-Encoding");
  } else if (base::to_lower_ascii(vary).find("accept-encoding") == std::string::npos &&
             vary != "*") {
    headers.set("Vary", vary + ", Accept-Encoding");
  }
}

}  // namespace

Coding choose_coding(const Response& response, std::string_view accept_encoding) {
  if (!may_compress(response)) return Coding::identity;
  if (accepts_encoding(accept_encoding, "br")) return Coding::brotli;
  if (accepts_encoding(accept_encoding, "gzip")) return Coding::gzip;
  return Coding::identity;
}

std::string compress(std::string_view bytes, Coding coding) {
  switch (coding) {
    case Coding::gzip:
      return gzip(bytes);
    case Coding::brotli:
      return brotli(bytes);
    case Coding::identity:
      break;
  }
  return std::string(bytes);
}

io::Task<Response> compress_response(Response response, std::string accept_encoding) {
  if (!may_compress(response)) co_return response;
  add_vary(response.headers);
  const Coding coding = choose_coding(response, accept_encoding);
  if (coding == Coding::identity) co_return response;

  if (body_of(response).size() <= inline_max) {
    response.body = compress(body_of(response), coding);
  } else {
    const std::string_view bytes = body_of(response);
    response.body = co_await io::offload([bytes, coding] { return compress(bytes, coding); });
  }
  response.static_body = {};
  response.headers.set("Content-Encoding", coding == Coding::brotli ? "br" : "gzip");
  // Other bytes than the handler's: the same meaning, so a weak tag.
  const std::string etag(response.headers.get("ETag"));
  if (!etag.empty() && !etag.starts_with("W/")) response.headers.set("ETag", "W/" + etag);
  co_return response;
}

}  // namespace http
