#include "captions/model.h"

namespace captions {
namespace {

constexpr int running_max = 4;
constexpr std::size_t answer_max = 256UL * 1024;

class Running {
 public:
  explicit Running(int& count) : count_(count) { ++count_; }
  ~Running() { --count_; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  int& count_;
};

std::unexpected<base::Error> unusable(std::string message) {
  return base::fail({.status = 502, .code = "model_failed", .message = std::move(message)});
}

std::string meaning_of(int status) {
  switch (status) {
    case 401:
    case 403:
      return "refused the key; check OPENAI_API_KEY";
    case 404:
      return "does not know the address or the model; check OPENAI_BASE_URL and OPENAI_MODEL";
    case 429:
      return "is at its limit of requests or credit";
    default:
      return fmt::format("answered with status {}", status);
  }
}

}  // namespace

Model::Model(http::Client& client, Settings settings)
    : client_(client), settings_(std::move(settings)) {}

io::Task<base::Result<std::string>> Model::complete(json::array messages) {
  if (running_ >= running_max)
    co_return unusable("The language model is busy with other requests.");
  const Running place(running_);
  http::ClientRequest request{.method = "POST",
                              .url = settings_.endpoint(),
                              .body = json::serialize(json::object{
                                  {"model", settings_.model}, {"messages", std::move(messages)}}),
                              .timeout = settings_.timeout,
                              .body_max = answer_max};
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Accept", "application/json");
  if (!settings_.api_key.empty()) {
    request.headers.set("Authorization", "Bearer " + settings_.api_key);
  }
  const auto answer = co_await client_.send(std::move(request));
  if (!answer) {
    co_return unusable(
        fmt::format("The language model could not be reached ({}).", answer.error().code));
  }
  if (answer->status != 200) {
    co_return unusable(fmt::format("The language model {}.", meaning_of(answer->status)));
  }
  const base::Result<json::value> body = base::parse_json(answer->body);
  std::string text = body ? base::text_at(*body, "/choices/0/message/content") : "";
  if (text.empty()) co_return unusable("The language model's answer holds no text.");
  co_return text;
}

}  // namespace captions
