#include "media/routes.h"

#include "accounts/principal.h"
#include "base/json.h"
#include "http/message.h"
#include "media/ranges.h"
#include "media/upload_routes.h"

#include <fmt/format.h>

namespace media {

namespace {

using accounts::Role;
using http::Request;
using http::Response;

Response refused(const base::Error& error, const Request& request) {
  return http::problem(error, request.request_id);
}

Response picture(Media::File file, const Request& request) {
  const std::string tag = "\"" + file.sha256 + "\"";
  Response response;
  // Uploaded bytes are never a page of ours, whatever a browser makes of them.
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
  response.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
  response.headers.set("Cache-Control", "private, max-age=3600, immutable");
  response.headers.set("Accept-Ranges", "bytes");
  response.headers.set("ETag", tag);
  if (request.headers.get("If-None-Match") == tag) {
    response.status = 304;
    return response;
  }
  response.headers.set("Content-Type", file.content_type);
  const bool same = !request.headers.has("If-Range") || request.headers.get("If-Range") == tag;
  const RangeAnswer range =
      same ? read_range(request.headers.get("Range"), file.bytes.size()) : Whole{};
  if (std::holds_alternative<NotSatisfiable>(range)) {
    response.status = 416;
    response.headers.set("Content-Range", fmt::format("bytes */{}", file.bytes.size()));
    return response;
  }
  if (const auto* part = std::get_if<Range>(&range)) {
    response.status = 206;
    response.headers.set("Content-Range",
                         fmt::format("bytes {}-{}/{}", part->first, part->first + part->count - 1,
                                     file.bytes.size()));
    response.body = file.bytes.substr(part->first, part->count);
    return response;
  }
  response.body = std::move(file.bytes);
  return response;
}

// One handler for each line of bind(); lives in the router.
class Api {
 public:
  explicit Api(Media& media) : media_(media) {}

  io::Task<Response> upload(Request request) {
    auto who = accounts::principal(request, Role::editor);
    if (!who) co_return refused(who.error(), request);
    std::string alt_text(request.query.get("alt_text").value_or(""));
    auto item =
        co_await media_.upload(who->workspace, std::move(request.body), std::move(alt_text));
    if (!item) co_return refused(item.error(), request);
    co_return http::json_response(shown(*item), 201);
  }

  io::Task<Response> get(Request request) {
    auto who = accounts::principal(request, Role::viewer);
    if (!who) co_return refused(who.error(), request);
    auto item = co_await media_.get(who->workspace, base::MediaId{request.param("id")});
    if (!item) co_return refused(item.error(), request);
    co_return http::json_response(shown(*item));
  }

  io::Task<Response> describe(Request request) {
    auto who = accounts::principal(request, Role::editor);
    if (!who) co_return refused(who.error(), request);
    auto body = http::json_body(request);
    if (!body) co_return refused(body.error(), request);
    base::JsonReader in(*body);
    std::string alt_text = in.text("alt_text", {.max = alt_text_max});
    if (auto ok = in.finish(); !ok) co_return refused(ok.error(), request);
    auto item = co_await media_.set_alt_text(who->workspace, base::MediaId{request.param("id")},
                                             std::move(alt_text));
    if (!item) co_return refused(item.error(), request);
    co_return http::json_response(shown(*item));
  }

  // GET and HEAD.
  io::Task<Response> show(Request request) {
    const auto value = [&request](std::string_view name) {
      return std::string(request.query.get(name).value_or(""));
    };
    auto file = co_await media_.open_link(base::MediaId{request.param("id")}, value("copy"),
                                          value("expires"), value("signature"));
    if (!file) co_return refused(file.error(), request);
    co_return picture(std::move(*file), request);
  }

 private:
  json::object shown(const MediaItem& item) const { return to_json(item, media_.link(item.id)); }

  Media& media_;
};

}  // namespace

void bind(http::Router& router, Media& media, Uploads& uploads) {
  auto api = std::make_shared<Api>(media);
  auto to = [&api](io::Task<Response> (Api::*handler)(Request)) -> http::Handler {
    return [api, handler](Request request) { return (api.get()->*handler)(std::move(request)); };
  };
  router.post("/api/media", to(&Api::upload));
  router.get("/api/media/{id}", to(&Api::get));
  router.patch("/api/media/{id}", to(&Api::describe));
  router.get("/media/{id}", to(&Api::show));
  bind_uploads(router, media, uploads);
}

}  // namespace media
