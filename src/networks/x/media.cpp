#include "networks/x/media.h"

#include "base/json.h"
#include "base/text.h"

#include <charconv>

namespace networks::x {
namespace {

// X takes parts of up to 5 MB.
constexpr std::size_t part_size = std::size_t{2} * 1024 * 1024;

std::size_t number_in(const std::string& text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string path_of(const std::string& id, std::string_view step) {
  return fmt::format("/2/media/upload/{}/{}", base::url_encode(id), step);
}

// The upload of one picture, step by step; each step that was taken is kept.
class Upload {
 public:
  Upload(Api api, Image image, std::size_t number, Steps* steps)
      : api_(std::move(api)),
        image_(std::move(image)),
        name_(fmt::format("file {}", number)),
        steps_(steps) {}

  // Nothing when X has all of it.
  io::Task<std::optional<Outcome>> run() {
    if (steps_->text(name_).empty()) {
      if (auto bad = co_await initialize()) co_return bad;
    }
    const auto id = steps_->text(name_);
    for (auto part = number_in(steps_->text(name_ + " parts"));
         part * part_size < image_.bytes.size(); ++part) {
      const auto reply = co_await api_.append(path_of(id, "append"), part,
                                              image_.bytes.substr(part * part_size, part_size));
      if (!reply) co_return reply.error().outcome;
      co_await steps_->set(name_ + " parts", std::to_string(part + 1));
    }
    if (steps_->text(name_ + " is").empty()) {
      if (auto bad = co_await finalize(id)) co_return bad;
    }
    co_return std::nullopt;
  }

 private:
  io::Task<std::optional<Outcome>> initialize() {
    const auto reply = co_await api_.post(
        "/2/media/upload/initialize",
        json::object{
            {"media_type", image_.content_type},
            {"total_bytes", image_.bytes.size()},
            {"media_category", image_.content_type == "image/gif" ? "tweet_gif" : "tweet_image"}});
    if (!reply) co_return reply.error().outcome;
    const auto id = base::text_at(*reply, "/data/id");
    if (id.empty()) co_return Unknown{"X: the answer to an upload cannot be read"};
    co_await steps_->set(name_, id);
    co_return std::nullopt;
  }

  io::Task<std::optional<Outcome>> finalize(std::string id) {
    const auto reply = co_await api_.post(path_of(id, "finalize"), nullptr);
    if (!reply) co_return reply.error().outcome;
    if (!image_.alt_text.empty()) {
      const json::object text{{"text", image_.alt_text}};
      const auto described = co_await api_.post(
          "/2/media/metadata",
          json::object{{"id", id}, {"metadata", json::object{{"alt_text", text}}}});
      if (!described) co_return described.error().outcome;
    }
    const bool at_work = base::find(*reply, "/data/processing_info") != nullptr;
    co_await steps_->set(name_ + " is", at_work ? "processed" : "done");
    co_return std::nullopt;
  }

  Api api_;
  Image image_;
  std::string name_;
  Steps* steps_;
};

io::Task<std::expected<bool, Outcome>> is_processed(Api api, std::string id) {
  const auto reply =
      co_await api.get("/2/media/upload?command=STATUS&media_id=" + base::url_encode(id));
  if (!reply) co_return std::unexpected(reply.error().outcome);
  const auto state = base::text_at(*reply, "/data/processing_info/state");
  if (state == "failed") {
    co_return std::unexpected(
        Rejected{.code = "media_failed", .reason = "X could not process a picture."});
  }
  co_return state != "pending" && state != "in_progress";
}

}  // namespace

io::Task<std::variant<MediaIds, Prepared>> upload_all(Api api, std::vector<Image> images,
                                                      Steps* steps) {
  MediaIds ids;
  for (std::size_t i = 0; i < images.size(); ++i) {
    Upload upload(api, std::move(images[i]), i, steps);
    if (auto bad = co_await upload.run()) {
      // A session that X does not take up again is begun anew.
      if (std::holds_alternative<Rejected>(*bad)) co_await steps->clear();
      co_return while_preparing(std::move(*bad));
    }
    ids.push_back(steps->text(fmt::format("file {}", i)));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto not_yet = co_await steps->finish(
        fmt::format("file {}", i), [&api, id = ids[i]] { return is_processed(api, id); },
        "X is working on a picture.");
    if (not_yet) co_return std::move(*not_yet);
  }
  co_return ids;
}

}  // namespace networks::x
