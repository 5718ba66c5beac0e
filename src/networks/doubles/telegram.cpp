#include "networks/doubles/telegram.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/doubles/form.h"
#include "networks/fields.h"

namespace networks::doubles {
namespace {

constexpr std::int64_t bot_id = 123456789;
constexpr std::int64_t chat_id = -1001234567890;
constexpr std::string_view chat_name = "rehearsal";
constexpr std::size_t text_max = 4096;
constexpr std::size_t caption_max = 1024;
constexpr std::size_t photo_max = std::size_t{10} * 1024 * 1024;

http::Response refuse_with(int status, std::string_view description) {
  return http::json_response(
      json::object{{"ok", false}, {"error_code", status}, {"description", description}}, status);
}

http::Response too_many(std::chrono::seconds wait) {
  return http::json_response(
      json::object{{"ok", false},
                   {"error_code", 429},
                   {"description", fmt::format("Too Many Requests: retry after {}", wait.count())},
                   {"parameters", {{"retry_after", wait.count()}}}},
      429);
}

http::Response result(json::value value) {
  return http::json_response(json::object{{"ok", true}, {"result", std::move(value)}});
}

http::Response about_bot() {
  return result(json::object{{"id", bot_id},
                             {"is_bot", true},
                             {"first_name", "Rehearsal"},
                             {"username", "rehearsal_bot"}});
}

json::object about_chat() {
  return {{"id", chat_id}, {"title", "Rehearsal"}, {"username", chat_name}, {"type", "channel"}};
}

bool is_our_chat(const json::object& arguments) {
  const auto* chat = arguments.if_contains("chat_id");
  if (chat == nullptr) return false;
  if (const auto* number = chat->if_int64()) return *number == chat_id;
  const auto text = text_field(arguments, "chat_id");
  return text == "@" + std::string(chat_name) || text == std::to_string(chat_id);
}

bool is_picture(const FormPart& part) {
  return part.content_type == "image/jpeg" || part.content_type == "image/png" ||
         part.content_type == "image/webp";
}

}  // namespace

TelegramDouble::TelegramDouble(const base::Clock& clock) : clock_(clock) {
  router_.filter(faults().filter([this](const auto& request) { return publishes(request); },
                                 [this](Fault, const auto&) {
                                   revoked_ = true;
                                   return refuse_with(401, "Unauthorized");
                                 },
                                 too_many));
  router_.post("/{bot}/{method}",
               [this](http::Request request) { return answer(std::move(request)); });
}

json::object TelegramDouble::settings(std::string origin) const {
  return {{"token", token_}, {"chat", "@" + std::string(chat_name)}, {"server", origin}};
}

bool TelegramDouble::publishes(const http::Request& request) const {
  return request.path.find("/send") != std::string::npos;
}

std::optional<TelegramDouble::Call> TelegramDouble::read(const http::Request& request) {
  Call call;
  if (request.body.empty()) return call;
  if (const auto body = http::json_body(request); body && body->is_object()) {
    call.arguments = body->get_object();
    return call;
  }
  auto form = parse_form(request);
  if (!form) return std::nullopt;
  for (auto& part : *form) {
    if (!part.file_name.empty()) {
      call.files.push_back(std::move(part));
    } else if (const auto value = base::parse_json(part.value); value && part.name != "caption") {
      call.arguments[part.name] = *value;
    } else {
      call.arguments[part.name] = part.value;
    }
  }
  return call;
}

io::Task<http::Response> TelegramDouble::answer(http::Request request) {
  if (request.param("bot") != "bot" + token_) co_return refuse_with(404, "Not Found");
  if (revoked_) co_return refuse_with(401, "Unauthorized");
  const auto call = read(request);
  if (!call) co_return refuse_with(400, "Bad Request: the body cannot be read");
  const auto& method = request.param("method");
  if (method == "getMe") co_return about_bot();
  if (method == "getChat" || method == "getChatMember") {
    if (!is_our_chat(call->arguments)) co_return refuse_with(400, "Bad Request: chat not found");
    co_return method == "getChat" ? result(about_chat()) : member();
  }
  if (method == "sendMessage") co_return send_message(*call);
  if (method == "sendPhoto") co_return send_photo(*call);
  if (method == "sendMediaGroup") co_return send_media_group(*call);
  co_return refuse_with(404, "Not Found: method not found");
}

http::Response TelegramDouble::member() const {
  return result(json::object{{"status", may_post_ ? "administrator" : "member"},
                             {"user", {{"id", bot_id}}},
                             {"can_post_messages", may_post_}});
}

std::optional<http::Response> TelegramDouble::refuse(const Call& call) const {
  if (!is_our_chat(call.arguments)) return refuse_with(400, "Bad Request: chat not found");
  if (!may_post_) return refuse_with(403, "Forbidden: bot is not a member of the channel chat");
  if (const auto* reply = object_field(call.arguments, "reply_parameters")) {
    const auto id = integer_field(*reply, "message_id");
    if (id <= 0 || id > messages_)
      return refuse_with(400, "Bad Request: message to be replied not found");
  }
  return std::nullopt;
}

json::object TelegramDouble::take(const Call& call, std::string text) {
  const auto* reply = object_field(call.arguments, "reply_parameters");
  const auto id = ++messages_;
  taken_.push_back({.id = std::to_string(id),
                    .text = std::move(text),
                    .parent = reply ? std::to_string(integer_field(*reply, "message_id")) : ""});
  return {
      {"message_id", id},
      {"date", std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count()},
      {"chat", about_chat()}};
}

http::Response TelegramDouble::send_message(const Call& call) {
  if (auto refused = refuse(call)) return *refused;
  const auto text = text_field(call.arguments, "text");
  if (base::trim(text).empty()) return refuse_with(400, "Bad Request: message text is empty");
  if (base::count_utf16(text) > text_max)
    return refuse_with(400, "Bad Request: message is too long");
  if (!spend(messages_limit_, clock_.now())) return too_many(std::chrono::seconds(30));
  return result(take(call, text));
}

http::Response TelegramDouble::send_photo(const Call& call) {
  if (auto refused = refuse(call)) return *refused;
  const auto* photo = find_part(call.files, "photo");
  if (photo == nullptr) return refuse_with(400, "Bad Request: there is no photo in the request");
  if (!is_picture(*photo)) return refuse_with(400, "Bad Request: IMAGE_PROCESS_FAILED");
  if (photo->value.size() > photo_max) return refuse_with(413, "Request Entity Too Large");
  const auto caption = text_field(call.arguments, "caption");
  if (base::count_utf16(caption) > caption_max)
    return refuse_with(400, "Bad Request: message caption is too long");
  if (!spend(messages_limit_, clock_.now())) return too_many(std::chrono::seconds(30));
  return result(take(call, caption));
}

http::Response TelegramDouble::send_media_group(const Call& call) {
  if (auto refused = refuse(call)) return *refused;
  const auto* album = array_field(call.arguments, "media");
  if (album == nullptr || album->size() < 2 || album->size() > 10)
    return refuse_with(400, "Bad Request: group must include 2-10 items");
  std::string caption;
  for (const auto& item : *album) {
    const auto place = base::text_at(item, "/media");
    const auto* file =
        place.starts_with("attach://") ? find_part(call.files, place.substr(9)) : nullptr;
    if (file == nullptr) return refuse_with(400, "Bad Request: wrong file identifier");
    if (!is_picture(*file)) return refuse_with(400, "Bad Request: IMAGE_PROCESS_FAILED");
    caption += base::text_at(item, "/caption");
  }
  if (base::count_utf16(caption) > caption_max)
    return refuse_with(400, "Bad Request: message caption is too long");
  if (!spend(messages_limit_, clock_.now())) return too_many(std::chrono::seconds(30));
  json::array messages{take(call, caption)};
  // The others are messages of their own to Telegram, and one post to its readers.
  for (std::size_t i = 1; i < album->size(); ++i)
    messages.push_back(json::object{{"message_id", ++messages_}, {"chat", about_chat()}});
  return result(std::move(messages));
}

}  // namespace networks::doubles
