#include "networks/mastodon/media.h"

#include "base/text.h"
#include "networks/fields.h"
#include "networks/multipart.h"

namespace networks::mastodon {
namespace {

struct File {
  std::string id;
  bool ready = true;
};

bool is_missing(const Answer& answer) {
  return answer && (answer->status == 404 || answer->status == 405);
}

io::Task<Answer> send_file(Context context, Server server, Image image, std::string path) {
  auto request = authorised(server, "POST", std::move(path));
  request.timeout = std::chrono::seconds(120);
  std::vector<FormPart> form;
  if (!image.alt_text.empty()) form.push_back({.name = "description", .value = image.alt_text});
  form.push_back({.name = "file",
                  .value = std::move(image.bytes),
                  .file_name = file_name(image.content_type, 1),
                  .content_type = image.content_type});
  set_form(request, form);
  co_return co_await context.http->send(std::move(request));
}

io::Task<std::expected<File, Outcome>> upload(Context context, Server server, Image image) {
  auto answer = co_await send_file(context, server, image, "/api/v2/media");
  // Older and smaller servers have the first version only.
  if (is_missing(answer)) {
    answer = co_await send_file(context, server, std::move(image), "/api/v1/media");
  }
  if (auto bad = failure(answer, context.clock->now())) co_return std::unexpected(std::move(*bad));
  const auto body = object_of(*answer);
  const std::string id = body ? text_field(*body, "id") : "";
  if (id.empty()) {
    co_return std::unexpected(Unknown{"Mastodon: the answer to an upload cannot be read"});
  }
  co_return File{.id = id, .ready = answer->status != 202 && answer->status != 206};
}

io::Task<std::expected<bool, Outcome>> is_ready(Context context, Server server, std::string id) {
  const auto answer = co_await context.http->send(
      authorised(server, "GET", "/api/v1/media/" + base::url_encode(id)));
  // Nothing to ask: whether it was ready, sending the post will tell.
  if (is_missing(answer)) co_return true;
  if (auto bad = failure(answer, context.clock->now())) co_return std::unexpected(std::move(*bad));
  co_return answer->status != 206 && answer->status != 202;
}

}  // namespace

io::Task<std::variant<MediaIds, Prepared>> upload_all(Context context, Server server,
                                                      std::vector<Image> images, Steps* steps) {
  MediaIds ids;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto name = fmt::format("file {}", i);
    if (steps->text(name).empty()) {
      auto file = co_await upload(context, server, std::move(images[i]));
      if (!file) co_return while_preparing(std::move(file.error()));
      co_await steps->set(name, file->id);
      if (file->ready) co_await steps->set(name + " is", "done");
    }
    ids.push_back(steps->text(name));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto not_yet = co_await steps->finish(
        fmt::format("file {}", i),
        [&context, &server, id = ids[i]] { return is_ready(context, server, id); },
        "Mastodon: the server is working on a file");
    if (not_yet) co_return std::move(*not_yet);
  }
  co_return ids;
}

}  // namespace networks::mastodon
