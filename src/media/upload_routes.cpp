#include "media/upload_routes.h"

#include "accounts/principal.h"
#include "base/text.h"
#include "media/checksum.h"

#include <charconv>

#include <fmt/format.h>

namespace media {

namespace {

using accounts::Role;
using http::Request;
using http::Response;

constexpr std::string_view version = "1.0.0";
constexpr std::string_view piece_type = "application/offset+octet-stream";
constexpr std::size_t metadata_max = 20;
// Hashing more than this would hold up the loop.
constexpr std::size_t hash_here_max = std::size_t{256} * 1024;

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

Response refused(base::Error error, const Request& request) {
  Response response = http::problem(error, request.request_id);
  response.headers.set("Tus-Resumable", std::string(version));
  return response;
}

base::Error missing(std::string_view header) {
  return {.status = 400,
          .code = "bad_header",
          .message = fmt::format("{} is missing or is not a whole number.", header)};
}

std::optional<base::Error> wrong_version(const Request& request) {
  if (request.headers.get("Tus-Resumable") == version) return std::nullopt;
  return base::Error{.status = 412,
                     .code = "tus_version",
                     .message = "Send Tus-Resumable: 1.0.0, the version of tus spoken here."};
}

Response stands(const Upload& upload, int status) {
  Response response{.status = status};
  response.headers.set("Tus-Resumable", std::string(version));
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Upload-Offset", std::to_string(upload.received));
  response.headers.set("Upload-Expires", base::format_http_date(upload.expires_at));
  return response;
}

bool carries_piece(const Request& request) {
  return base::trim(request.headers.get("Content-Type")) == piece_type;
}

// The body belongs to the caller, who waits.
io::Task<base::Result<void>> verify(std::string header, std::string_view body) {
  if (header.empty()) co_return base::Result<void>{};
  if (body.size() <= hash_here_max) co_return check_checksum(header, body);
  co_return co_await io::offload(
      [header = std::move(header), body] { return check_checksum(header, body); });
}

// One handler for each line of bind_uploads(); lives in the router.
class Api {
 public:
  Api(Media& media, Uploads& uploads) : media_(media), uploads_(uploads) {}

  io::Task<Response> describe(Request) {
    Response response{.status = 204};
    response.headers.set("Tus-Resumable", std::string(version));
    response.headers.set("Tus-Version", std::string(version));
    response.headers.set("Tus-Extension",
                         "creation,creation-with-upload,checksum,expiration,termination");
    response.headers.set("Tus-Checksum-Algorithm", std::string(checksum_algorithms));
    response.headers.set("Tus-Max-Size", std::to_string(media_bytes_max));
    co_return response;
  }

  io::Task<Response> create(Request request) {
    auto who = accounts::principal(request, Role::editor);
    if (!who) co_return refused(who.error(), request);
    if (auto error = wrong_version(request)) co_return refused(*error, request);
    const auto length = number_of(request.headers.get("Upload-Length"));
    if (!length) co_return refused(missing("Upload-Length"), request);
    if (!request.body.empty() && !carries_piece(request)) {
      co_return refused(wrong_type(), request);
    }
    const std::string checksum(request.headers.get("Upload-Checksum"));
    if (auto intact = co_await verify(checksum, request.body); !intact) {
      co_return refused(intact.error(), request);
    }
    auto metadata = read_upload_metadata(request.headers.get("Upload-Metadata"));
    auto upload = co_await uploads_.create(who->workspace, *length, metadata["alt_text"]);
    if (upload && !request.body.empty()) {
      upload = co_await uploads_.append(who->workspace, upload->id, 0, std::move(request.body));
    }
    if (!upload) co_return refused(upload.error(), request);
    Response response = stands(*upload, 201);
    response.headers.set("Location", "/api/media/uploads/" + upload->id);
    co_return response;
  }

  // HEAD says where it stands; GET also what became of it.
  io::Task<Response> get(Request request) {
    auto who = accounts::principal(request, Role::editor);
    if (!who) co_return refused(who.error(), request);
    if (request.method == "HEAD") {
      if (auto error = wrong_version(request)) co_return refused(*error, request);
    }
    auto upload = co_await uploads_.get(who->workspace, request.param("id"));
    if (!upload) co_return refused(upload.error(), request);
    Response response = stands(*upload, 200);
    response.headers.set("Upload-Length", std::to_string(upload->length));
    if (request.method == "HEAD") co_return response;
    json::value medium;
    if (upload->media) {
      auto item = co_await media_.get(who->workspace, *upload->media);
      if (!item) co_return refused(item.error(), request);
      medium = to_json(*item, media_.link(item->id));
    }
    const Response body =
        http::json_response(json::object{{"id", upload->id},
                                         {"length", upload->length},
                                         {"received", upload->received},
                                         {"expires_at", base::format_rfc3339(upload->expires_at)},
                                         {"media", std::move(medium)}});
    response.headers.set("Content-Type", std::string(body.headers.get("Content-Type")));
    response.body = body.body;
    co_return response;
  }

  io::Task<Response> append(Request request) {
    auto who = accounts::principal(request, Role::editor);
    if (!who) co_return refused(who.error(), request);
    if (auto error = wrong_version(request)) co_return refused(*error, request);
    if (!carries_piece(request)) co_return refused(wrong_type(), request);
    const auto offset = number_of(request.headers.get("Upload-Offset"));
    if (!offset) co_return refused(missing("Upload-Offset"), request);
    const std::string checksum(request.headers.get("Upload-Checksum"));
    if (auto intact = co_await verify(checksum, request.body); !intact) {
      co_return refused(intact.error(), request);
    }
    auto upload = co_await uploads_.append(who->workspace, request.param("id"), *offset,
                                           std::move(request.body));
    if (!upload) co_return refused(upload.error(), request);
    co_return stands(*upload, 204);
  }

  io::Task<Response> remove(Request request) {
    auto who = accounts::principal(request, Role::editor);
    if (!who) co_return refused(who.error(), request);
    if (auto error = wrong_version(request)) co_return refused(*error, request);
    auto done = co_await uploads_.remove(who->workspace, request.param("id"));
    if (!done) co_return refused(done.error(), request);
    Response response = http::no_content();
    response.headers.set("Tus-Resumable", std::string(version));
    co_return response;
  }

 private:
  static base::Error wrong_type() {
    return {.status = 415,
            .code = "content_type",
            .message = fmt::format("The bytes of an upload come as {}.", piece_type)};
  }

  Media& media_;
  Uploads& uploads_;
};

}  // namespace

std::map<std::string, std::string> read_upload_metadata(std::string_view header) {
  std::map<std::string, std::string> metadata;
  for (const std::string_view part : base::split(header, ',')) {
    const std::string_view pair = base::trim(part);
    const std::size_t space = std::min(pair.find(' '), pair.size());
    if (space == 0 || metadata.size() == metadata_max) continue;
    metadata.insert_or_assign(std::string(pair.substr(0, space)),
                              base::from_base64(base::trim(pair.substr(space))));
  }
  return metadata;
}

void bind_uploads(http::Router& router, Media& media, Uploads& uploads) {
  auto api = std::make_shared<Api>(media, uploads);
  auto to = [&api](io::Task<Response> (Api::*handler)(Request)) -> http::Handler {
    return [api, handler](Request request) { return (api.get()->*handler)(std::move(request)); };
  };
  router.add("OPTIONS", "/api/media/uploads", to(&Api::describe));
  router.post("/api/media/uploads", to(&Api::create));
  router.get("/api/media/uploads/{id}", to(&Api::get));
  router.patch("/api/media/uploads/{id}", to(&Api::append));
  router.del("/api/media/uploads/{id}", to(&Api::remove));
}

}  // namespace media
