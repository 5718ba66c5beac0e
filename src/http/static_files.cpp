#include "http/static_files.h"

#include "base/crypto.h"
#include "base/text.h"
#include "http/syntax.h"

#include <unordered_map>

namespace http {
namespace {

constexpr std::string_view page_policy =
    "default-src 'self'; img-src 'self' data: https:; media-src 'self' https:; style-src 'self' "
    "'unsafe-inline'; "
    "connect-src 'self'; font-src 'self' data:; object-src 'none'; frame-ancestors 'none'; "
    "base-uri 'none'; "
    "form-action 'self'";
constexpr std::string_view immutable = "public, max-age=31536000, immutable";
constexpr std::string_view revalidate = "no-cache";

std::string_view type_of(std::string_view path) {
  static const std::map<std::string_view, std::string_view> types{
      {"html", "text/html; charset=utf-8"},
      {"js", "text/javascript; charset=utf-8"},
      {"mjs", "text/javascript; charset=utf-8"},
      {"css", "text/css; charset=utf-8"},
      {"json", "application/json"},
      {"map", "application/json"},
      {"webmanifest", "application/manifest+json"},
      {"svg", "image/svg+xml"},
      {"png", "image/png"},
      {"jpg", "image/jpeg"},
      {"jpeg", "image/jpeg"},
      {"gif", "image/gif"},
      {"webp", "image/webp"},
      {"avif", "image/avif"},
      {"ico", "image/x-icon"},
      {"woff", "font/woff"},
      {"woff2", "font/woff2"},
      {"txt", "text/plain; charset=utf-8"},
      {"xml", "application/xml"},
      {"wasm", "application/wasm"}};
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return "application/octet-stream";
  const auto found = types.find(path.substr(dot + 1));
  return found == types.end() ? "application/octet-stream" : found->second;
}

struct Variant {
  std::string_view bytes;
  std::string etag;

  explicit operator bool() const { return !etag.empty(); }
};

// Each encoding is a representation of its own, with a strong tag of its own bytes.
Variant make_variant(const base::EmbeddedFile* file) {
  if (file == nullptr) return {};
  return {.bytes = file->bytes,
          .etag = "\"" + base::hex(base::sha256(file->bytes)).substr(0, 32) + "\""};
}

struct File {
  std::string_view type;
  bool is_page = false;
  bool is_immutable = false;
  Variant plain;
  Variant brotli;
  Variant gzip;

  bool has_siblings() const { return brotli || gzip; }

  const Variant& choose(std::string_view accept_encoding) const {
    if (brotli && accepts_encoding(accept_encoding, "br")) return brotli;
    if (gzip && accepts_encoding(accept_encoding, "gzip")) return gzip;
    return plain;
  }
};

class Site {
 public:
  explicit Site(base::EmbeddedFiles files) {
    for (const base::EmbeddedFile& file : files) {
      if (is_sibling(files, file.path)) continue;
      const std::string path(file.path);
      files_.emplace(file.path, File{.type = type_of(file.path),
                                     .is_page = file.path.ends_with(".html"),
                                     .is_immutable = file.path.starts_with("assets/"),
                                     .plain = make_variant(&file),
                                     .brotli = make_variant(files.find(path + ".br")),
                                     .gzip = make_variant(files.find(path + ".gz"))});
    }
  }

  Response answer(const Request& request) const {
    std::string_view path = std::string_view(request.path).substr(1);
    const File* file = find(path);
    // The page's own routes: names without a dot, which no file of the bundle has.
    const bool is_route = path.substr(path.rfind('/') + 1).find('.') == std::string_view::npos;
    if (file == nullptr && is_route && !path.starts_with("assets/")) file = find("index.html");
    if (file == nullptr) return not_found(request);
    return serve(*file, request);
  }

 private:
  static bool is_sibling(const base::EmbeddedFiles& files, std::string_view path) {
    if (!path.ends_with(".br") && !path.ends_with(".gz")) return false;
    return files.find(path.substr(0, path.size() - 3)) != nullptr;
  }

  const File* find(std::string_view path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : &found->second;
  }

  Response not_found(const Request& request) const {
    if (files_.contains("index.html")) {
      return problem({.status = 404, .code = "not_found", .message = "There is no such file."},
                     request.request_id);
    }
    return text_response(
        "This binary was built without the web page. Build the page (npm run build in web/) and "
        "then the program; "
        "the API under /api works without it.\n",
        "text/plain; charset=utf-8", 404);
  }

  static Response serve(const File& file, const Request& request) {
    const Variant& variant = file.choose(request.headers.get("Accept-Encoding"));
    Response response;
    Headers& headers = response.headers;
    headers.set("Content-Type", std::string(file.type));
    headers.set("ETag", variant.etag);
    headers.set("Cache-Control", std::string(file.is_immutable ? immutable : revalidate));
    if (file.has_siblings()) headers.set("Vary", "Accept-Encoding");
    if (file.is_page) {
      headers.set("Content-Security-Policy", std::string(page_policy));
      headers.set("X-Frame-Options", "DENY");
      headers.set("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    }
    // A picture with scripts in it, opened by itself, runs none of them.
    if (file.type == "image/svg+xml")
      headers.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");

    const std::string_view if_none_match = request.headers.get("If-None-Match");
    if (!if_none_match.empty() && matches_etag(if_none_match, variant.etag)) {
      response.status = 304;
      return response;
    }
    if (&variant == &file.brotli) headers.set("Content-Encoding", "br");
    if (&variant == &file.gzip) headers.set("Content-Encoding", "gzip");
    response.static_body = variant.bytes;
    return response;
  }

  std::unordered_map<std::string_view, File> files_;
};

io::Task<Response> answer(std::shared_ptr<const Site> site, Request request) {
  co_return site->answer(request);
}

}  // namespace

Handler static_files(base::EmbeddedFiles files) {
  return [site = std::make_shared<const Site>(files)](Request request) {
    return answer(site, std::move(request));
  };
}

}  // namespace http
