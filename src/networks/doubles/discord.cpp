#include "networks/doubles/discord.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/doubles/form.h"

namespace networks::doubles {
namespace {

constexpr std::string_view webhook_id = "1312000000000000001";
constexpr std::string_view channel_id = "1312000000000000002";
constexpr std::string_view guild_id = "1312000000000000003";
constexpr std::size_t content_max = 2000;
constexpr std::size_t description_max = 1024;
constexpr std::size_t files_max = 10;
constexpr std::size_t file_max = std::size_t{10} * 1024 * 1024;

http::Response refuse_with(int status, int code, std::string_view message) {
  return http::json_response(json::object{{"message", message}, {"code", code}}, status);
}

http::Response invalid_form(std::string_view field, std::string_view words) {
  return http::json_response(
      json::object{{"message", "Invalid Form Body"},
                   {"code", 50035},
                   {"errors",
                    {{field,
                      {{"_errors", json::array{json::object{{"code", "BASE_TYPE_MAX_LENGTH"},
                                                            {"message", words}}}}}}}}},
      400);
}

http::Response too_many(double wait) {
  auto response = http::json_response(
      json::object{
          {"message", "You are being rate limited."}, {"retry_after", wait}, {"global", false}},
      429);
  response.headers.set("X-RateLimit-Scope", "user");
  return response;
}

std::optional<json::value> message_of(const http::Request& request) {
  if (const auto form = parse_form(request)) {
    const auto* part = find_part(*form, "payload_json");
    if (part == nullptr) return std::nullopt;
    const auto message = base::parse_json(part->value);
    return message ? std::optional(*message) : std::nullopt;
  }
  const auto message = http::json_body(request);
  return message ? std::optional(*message) : std::nullopt;
}

io::Task<http::Response> at_once(http::Response response) { co_return response; }

}  // namespace

DiscordDouble::DiscordDouble(const base::Clock& clock) : clock_(clock) {
  router_.filter(faults().filter(
      [this](const auto& request) { return publishes(request); },
      [this](Fault, const auto&) {
        revoked_ = true;
        return refuse_with(404, 10015, "Unknown Webhook");
      },
      [](std::chrono::seconds wait) { return too_many(static_cast<double>(wait.count()) - 0.4); }));
  router_.get("/api/webhooks/{id}/{token}",
              [this](const http::Request& request) { return at_once(about(request)); });
  router_.post("/api/webhooks/{id}/{token}",
               [this](const http::Request& request) { return at_once(execute(request)); });
}

json::object DiscordDouble::settings(std::string origin) const {
  return {{"webhook_url", fmt::format("{}/api/webhooks/{}/{}", origin, webhook_id, token_)}};
}

bool DiscordDouble::publishes(const http::Request& request) const {
  return request.method == "POST";
}

std::optional<http::Response> DiscordDouble::refuse_visitor(const http::Request& request) const {
  if (revoked_ || request.param("id") != webhook_id)
    return refuse_with(404, 10015, "Unknown Webhook");
  if (request.param("token") != token_) return refuse_with(401, 50027, "Invalid Webhook Token");
  return std::nullopt;
}

http::Response DiscordDouble::about(const http::Request& request) const {
  if (auto refused = refuse_visitor(request)) return *refused;
  return http::json_response(json::object{{"id", webhook_id},
                                          {"type", 1},
                                          {"name", "Rehearsal"},
                                          {"avatar", nullptr},
                                          {"channel_id", channel_id},
                                          {"guild_id", guild_id},
                                          {"application_id", nullptr},
                                          {"token", token_}});
}

std::optional<http::Response> DiscordDouble::refuse(const json::value& message,
                                                    const http::Request& request) {
  const auto content = base::text_at(message, "/content");
  if (base::count_utf16(content) > content_max)
    return invalid_form("content", "Must be 2000 or fewer in length.");
  const auto form = parse_form(request).value_or(std::vector<FormPart>());
  std::size_t files = 0;
  for (const auto& part : form) {
    if (part.file_name.empty()) continue;
    ++files;
    if (part.value.size() > file_max) return refuse_with(413, 40005, "Request entity too large");
  }
  if (base::trim(content).empty() && files == 0)
    return refuse_with(400, 50006, "Cannot send an empty message");
  if (files > files_max) return invalid_form("files", "Must be 10 or fewer in length.");
  descriptions_.clear();
  const auto* attachments = base::find(message, "/attachments");
  for (std::size_t i = 0; attachments != nullptr && i < attachments->as_array().size(); ++i) {
    const auto& attachment = attachments->as_array()[i];
    const auto name = fmt::format("files[{}]", base::integer_at(attachment, "/id", -1));
    if (find_part(form, name) == nullptr)
      return refuse_with(400, 50046, "Invalid Asset: a file is missing");
    descriptions_.push_back(base::text_at(attachment, "/description"));
    if (base::count_utf16(descriptions_.back()) > description_max)
      return invalid_form("description", "Must be 1024 or fewer in length.");
  }
  return std::nullopt;
}

http::Response DiscordDouble::execute(const http::Request& request) {
  if (auto refused = refuse_visitor(request)) return *refused;
  const auto now = clock_.now();
  const bool allowed = spend(bucket_, now);
  const auto left = std::chrono::duration<double>(bucket_.ends() - now).count();
  if (!allowed) return too_many(left);
  const auto message = message_of(request);
  if (!message || !message->is_object())
    return refuse_with(400, 50109, "The request body contains invalid JSON.");
  if (auto refused = refuse(*message, request)) return *refused;
  const auto id = std::to_string(++ids_);
  const auto content = base::text_at(*message, "/content");
  taken_.push_back({.id = id, .text = content});
  auto response = request.query.get("wait").value_or("") == "true"
                      ? http::json_response(json::object{{"id", id},
                                                         {"type", 0},
                                                         {"content", content},
                                                         {"channel_id", channel_id},
                                                         {"webhook_id", webhook_id}})
                      : http::no_content();
  response.headers.set("X-RateLimit-Limit", std::to_string(bucket_.max()));
  response.headers.set("X-RateLimit-Remaining", std::to_string(bucket_.left()));
  response.headers.set("X-RateLimit-Reset-After", fmt::format("{:.3f}", left));
  response.headers.set("X-RateLimit-Bucket", "rehearsal");
  return response;
}

}  // namespace networks::doubles
