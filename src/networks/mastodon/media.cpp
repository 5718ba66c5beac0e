#include "networks/mastodon/media.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/answer.h"
#include "networks/fields.h"

namespace networks::mastodon {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{200};
constexpr milliseconds longest_pause{5'000};
constexpr milliseconds processing_max{90'000};

std::string file_name(std::string_view content_type) {
  auto kind = content_type.substr(content_type.find('/') + 1);
  if (kind.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != std::string_view::npos)
    kind = "bin";
  return "media." + std::string(kind);
}

// multipart/form-data (RFC 7578). Both values are text that cannot hold the random boundary.
std::string multipart(const Image& image, const std::string& boundary) {
  std::string body;
  if (!image.alt_text.empty()) {
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n" +
            image.alt_text + "\r\n";
  }
  body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" +
          file_name(image.content_type) + "\"\r\nContent-Type: " + image.content_type + "\r\n\r\n";
  body += image.bytes;
  body += "\r\n--" + boundary + "--\r\n";
  return body;
}

std::string words_of(const Answer& answer) {
  const auto body = answer ? object_of(*answer) : std::nullopt;
  return body ? text_field(*body, "error") : "";
}

std::optional<Outcome> failure(const Answer& answer, const Context& context) {
  return failure_of(answer,
                    {.label = "Mastodon", .now = context.clock->now(), .words = words_of(answer)});
}

// The server works on the file (206) until it is ready (200).
io::Task<std::optional<Outcome>> wait_until_ready(Context context, Server server, std::string id) {
  milliseconds waited{0};
  for (auto pause = first_pause; waited < processing_max;
       pause = std::min(2 * pause, longest_pause)) {
    co_await io::sleep_for(pause);
    waited += pause;
    http::ClientRequest request{.url = server.url + "/api/v1/media/" + base::url_encode(id)};
    request.headers.set("Authorization", "Bearer " + server.token);
    const auto answer = co_await context.http->send(std::move(request));
    if (auto bad = failure(answer, context)) co_return bad;
    if (answer->status != 206) co_return std::nullopt;
  }
  co_return RetryLater{.reason = "Mastodon: the server is still working on a file"};
}

}  // namespace

io::Task<std::expected<std::string, Outcome>> upload(Context context, Server server, Image image) {
  const std::string boundary = "socialtrend-" + base::hex(base::random_bytes(16));
  http::ClientRequest request{.method = "POST",
                              .url = server.url + "/api/v2/media",
                              .body = multipart(image, boundary),
                              .timeout = std::chrono::seconds(120)};
  request.headers.set("Authorization", "Bearer " + server.token);
  request.headers.set("Content-Type", "multipart/form-data; boundary=" + boundary);
  const auto answer = co_await context.http->send(std::move(request));
  if (auto bad = failure(answer, context)) co_return std::unexpected(std::move(*bad));
  const auto body = object_of(*answer);
  const std::string id = body ? text_field(*body, "id") : "";
  if (id.empty())
    co_return std::unexpected(Unknown{"Mastodon: the answer to an upload cannot be read"});
  if (answer->status == 202) {
    if (auto bad = co_await wait_until_ready(context, server, id))
      co_return std::unexpected(std::move(*bad));
  }
  co_return id;
}

}  // namespace networks::mastodon
