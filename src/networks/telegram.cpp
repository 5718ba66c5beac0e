// Telegram, by a bot that may write in a channel or group.
//
// The Bot API has no idempotency keys, and a bot cannot read what it wrote: a lost answer cannot be
// looked up (class C). Pictures go out in the same request as their text, so the frozen payload
// holds them.
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/answer.h"
#include "networks/fields.h"
#include "networks/multipart.h"
#include "networks/server.h"

#include <charconv>

namespace networks {
namespace {

constexpr std::int64_t caption_max = 1024;
constexpr std::int64_t sides_max = 10'000;  // width and height together
constexpr std::int64_t ratio_max = 20;

About make_about() {
  return {
      .id = "telegram",
      .label = "Telegram",
      .color = "#229ed9",
      .retry = RetryClass::blind,
      .retry_note =
          "If an answer is lost, nobody can look up whether Telegram took the post: you are asked "
          "to look into the channel.",
      .limits = {.unit = CountUnit::utf16_units,
                 .text_max = 4096,
                 .media_max = 10,
                 .image_bytes_max = 2'000'000,
                 .image_side_max = sides_max / 2,
                 .media_types = {"image/jpeg", "image/png"}},
      .threads = Threads::part_by_part,
      .settings = {
          {.key = "token",
           .label = "Bot token",
           .help = "Write to @BotFather in Telegram, send /newbot, and copy the token it gives.",
           .type = Setting::Type::secret},
          {.key = "chat",
           .label = "Channel or group",
           .help = "Its @name or its number. First make the bot an administrator of the channel "
                   "who may post messages, or a member of the group."},
          server_setting("https://api.telegram.org")}};
}

bool is_token(std::string_view token) {
  const auto colon = token.find(':');
  if (colon == std::string_view::npos || colon == 0 || token.size() < colon + 20) return false;
  return token.substr(0, colon).find_first_not_of("0123456789") == std::string_view::npos &&
         token.substr(colon + 1).find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
             std::string_view::npos;
}

// "@name" or a number, out of what people paste; "" when it is neither.
std::string read_chat(std::string_view text) {
  for (const auto* prefix : {"https://", "http://", "t.me/"}) {
    if (text.starts_with(prefix)) text.remove_prefix(std::string_view(prefix).size());
  }
  const bool negative = text.starts_with('-');
  const auto digits = text.substr(negative ? 1 : 0);
  if (!digits.empty() && digits.size() < 18 &&
      digits.find_first_not_of("0123456789") == std::string_view::npos)
    return std::string(text);
  const auto name = text.substr(text.starts_with('@') ? 1 : 0);
  const bool fits =
      name.size() >= 4 && name.size() <= 32 &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
          std::string_view::npos;
  return fits && !negative ? "@" + std::string(name) : "";
}

http::ClientRequest call(const json::object& credentials, std::string_view method) {
  return {.method = "POST",
          .url = fmt::format("{}/bot{}/{}", text_field(credentials, "server"),
                             text_field(credentials, "token"), method)};
}

http::ClientRequest call(const json::object& credentials, std::string_view method,
                         const json::object& arguments) {
  auto request = call(credentials, method);
  request.headers.set("Content-Type", "application/json");
  request.body = json::serialize(arguments);
  return request;
}

// The bot may not write there any more, whatever it says.
bool is_shut_out(std::string_view words) {
  const auto lower = base::to_lower_ascii(words);
  constexpr std::string_view signs[] = {"chat not found",       "not enough rights",
                                        "have no rights",       "need administrator rights",
                                        "chat_write_forbidden", "bot was kicked",
                                        "bot was blocked",      "upgraded to a supergroup",
                                        "chat_admin_required",  "user_deactivated",
                                        "bot is not a member"};
  return std::ranges::any_of(signs, [&](auto sign) { return lower.find(sign) != lower.npos; });
}

std::optional<Outcome> failure(const Answer& answer, base::Instant now) {
  std::string words;
  std::int64_t wait = 0;
  if (answer) {
    if (const auto body = object_of(*answer)) {
      words = text_field(*body, "description");
      if (const auto* parameters = object_field(*body, "parameters"))
        wait = std::clamp<std::int64_t>(integer_field(*parameters, "retry_after"), 0, 86'400);
    }
  }
  auto outcome = failure_of(answer, {.label = "Telegram", .now = now, .words = words});
  if (!answer || !outcome) return outcome;
  if (auto* later = std::get_if<RetryLater>(&*outcome); later != nullptr && wait > 0)
    later->after = std::chrono::seconds(wait);
  // A token that does not exist is "not found".
  const int status = answer->status;
  if (status == 403 || status == 404 || (status == 400 && is_shut_out(words)))
    return AccountBroken{"Telegram: " + clean_words(words)};
  return outcome;
}

// What a good answer has; nothing when it cannot be read.
std::optional<json::value> result_of(const Answer& answer) {
  auto body = object_of(*answer);
  if (!body || !boolean_field(*body, "ok") || !body->contains("result")) return std::nullopt;
  return std::move(body->at("result"));
}

std::string web_address(const json::object& chat, std::int64_t message) {
  if (const auto name = text_field(chat, "username"); !name.empty())
    return fmt::format("https://t.me/{}/{}", base::url_encode(name), message);
  // Channels and large groups: -100 and their own number.
  const auto number = std::to_string(integer_field(chat, "chat_id"));
  if (!number.starts_with("-100")) return "";
  return fmt::format("https://t.me/c/{}/{}", number.substr(4), message);
}

std::optional<Published> published(const Answer& answer, const json::object& chat) {
  const auto result = result_of(answer);
  if (!result) return std::nullopt;
  // An album is a list of messages; its first one carries the text.
  const auto id = base::integer_at(*result, result->is_array() ? "/0/message_id" : "/message_id");
  if (id <= 0) return std::nullopt;
  return Published{.remote_id = std::to_string(id),
                   .url = web_address(chat, id),
                   .reference = {{"message_id", id}}};
}

bool has_fitting_sides(const Image& image) {
  if (image.width <= 0 || image.height <= 0) return true;  // unknown: Telegram will tell
  return image.width + image.height <= sides_max && image.width <= ratio_max * image.height &&
         image.height <= ratio_max * image.width;
}

http::ClientRequest message_request(const json::object& credentials, const json::object& payload) {
  json::object arguments = payload.at("arguments").as_object();
  const auto files = enclosed(payload, "files");
  const auto text = text_field(payload, "text");
  if (files.empty()) {
    arguments["text"] = text;
    return call(credentials, "sendMessage", arguments);
  }
  std::vector<FormPart> form;
  for (const auto& [name, value] : arguments)
    form.push_back({.name = std::string(name), .value = json::serialize(value)});
  json::array album;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto name = files.size() == 1 ? std::string("photo") : fmt::format("file{}", i);
    form.push_back({.name = name,
                    .value = files[i].bytes,
                    .file_name = file_name(files[i].content_type, i + 1),
                    .content_type = files[i].content_type});
    json::object item{{"type", "photo"}, {"media", "attach://" + name}};
    if (i == 0 && !text.empty()) item["caption"] = text;
    album.push_back(std::move(item));
  }
  if (files.size() > 1) {
    form.push_back({.name = "media", .value = json::serialize(album)});
  } else if (!text.empty()) {
    form.push_back({.name = "caption", .value = text});
  }
  auto request = call(credentials, files.size() > 1 ? "sendMediaGroup" : "sendPhoto");
  request.timeout = std::chrono::seconds(120);
  set_form(request, form);
  return request;
}

class Telegram final : public Network {
 public:
  const About& about() const override { return about_; }

  std::vector<base::FieldError> check(const std::vector<PartDraft>& parts,
                                      const Limits& limits) const override {
    auto errors = Network::check(parts, limits);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto used = count(parts[i].text, limits).used;
      if (parts[i].media.empty() || used <= caption_max || used > limits.text_max) continue;
      errors.push_back({fmt::format("parts[{}].text", i),
                        fmt::format("With pictures Telegram takes at most {} characters, this has "
                                    "{}.",
                                    caption_max, used)});
    }
    return errors;
  }

  std::vector<Budget> budgets(const Account&) const override {
    return {{.name = "messages in a minute", .units = 20, .window = std::chrono::minutes(1)}};
  }

  io::Task<base::Result<Identity>> connect(Context context, json::object settings) const override {
    const auto checked = check_settings(about_.settings, settings);
    if (!checked) co_return std::unexpected(checked.error());
    const auto server = networks::server_of(*checked);
    if (!server) co_return std::unexpected(server.error());
    const auto token = text_field(*checked, "token");
    if (!is_token(token))
      co_return base::invalid("token", "A token looks like 123456789:ABC-DEF. @BotFather has it.");
    const auto chat = read_chat(text_field(*checked, "chat"));
    if (chat.empty())
      co_return base::invalid("chat", "Give the @name of the channel or group, or its number.");
    const json::object credentials{{"server", *server}, {"token", token}};
    auto details = co_await look_around(context, credentials, chat);
    if (!details) co_return std::unexpected(details.error());
    const auto name = text_field(*details, "username");
    const auto title = text_field(*details, "title");
    co_return Identity{.remote_id = std::to_string(integer_field(*details, "chat_id")),
                       .handle = name.empty() ? title : "@" + name,
                       .display_name = title,
                       .url = name.empty() ? "" : "https://t.me/" + base::url_encode(name),
                       .details = std::move(*details),
                       .credentials = credentials};
  }

  io::Task<Health> test(Context context, Account account) const override {
    const auto chat = std::to_string(integer_field(account.details, "chat_id"));
    const auto details = co_await look_around(context, account.credentials, chat);
    if (!details) {
      const auto& error = details.error();
      const bool broken = error.status == 422;
      co_return Health{.ok = false,
                       .broken = broken,
                       .message = broken && !error.fields.empty() ? error.fields.front().message
                                                                  : error.message};
    }
    co_return Health{.details = *details};
  }

  io::Task<Prepared> prepare(Context, Account account, Content content, Key key) const override {
    CHECK(content.parts.size() == 1);
    const auto& part = content.parts.front();
    for (const auto& image : part.media) {
      if (has_fitting_sides(image)) continue;
      co_return Rejected{.code = "photo_dimensions",
                         .reason =
                             "Telegram takes pictures whose width and height are together at "
                             "most 10000, and not more than 20 to 1."};
    }
    json::object arguments{{"chat_id", integer_field(account.details, "chat_id")}};
    if (content.reply_to) {
      arguments["reply_parameters"] =
          json::object{{"message_id", integer_field(*content.reply_to, "message_id")}};
    }
    co_return Frozen{json::serialize(json::object{{"key", key.value},
                                                  {"arguments", std::move(arguments)},
                                                  {"text", part.text},
                                                  {"files", enclose(part.media)}})};
  }

  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override {
    const auto answer =
        co_await context.http->send(message_request(account.credentials, thaw(frozen)));
    if (auto bad = failure(answer, context.clock->now())) co_return std::move(*bad);
    auto done = published(answer, account.details);
    if (!done) co_return Unknown{"Telegram: the answer cannot be read"};
    co_return std::move(*done);
  }

  io::Task<Found> find(Context, Account, Frozen) const override {
    co_return CannotKnow{"A bot cannot read what it wrote in Telegram. Look into the channel."};
  }

 private:
  // Who is the bot, where shall it write, and may it? The chat's details, or what is wrong.
  static io::Task<base::Result<json::object>> look_around(Context context, json::object credentials,
                                                          std::string chat) {
    const auto now = context.clock->now();
    const auto me = co_await context.http->send(call(credentials, "getMe", {}));
    if (const auto bad = failure(me, now))
      co_return std::unexpected(while_connecting(*bad, "token"));
    const auto bot = result_of(me);
    const auto bot_id = bot ? base::integer_at(*bot, "/id") : 0;
    if (bot_id == 0) co_return base::invalid("server", "This server does not speak the Bot API.");
    const auto found =
        co_await context.http->send(call(credentials, "getChat", {{"chat_id", chat}}));
    if (const auto bad = failure(found, now))
      co_return std::unexpected(while_connecting(*bad, "chat"));
    const auto place = result_of(found);
    const auto chat_id = place ? base::integer_at(*place, "/id") : 0;
    if (chat_id == 0) co_return base::invalid("chat", "Telegram's answer cannot be read.");
    const auto type = base::text_at(*place, "/type");
    if (type != "private") {
      const auto member = co_await context.http->send(
          call(credentials, "getChatMember", {{"chat_id", chat_id}, {"user_id", bot_id}}));
      if (const auto bad = failure(member, now))
        co_return std::unexpected(while_connecting(*bad, "chat"));
      if (auto error = why_not_allowed(result_of(member), type))
        co_return base::invalid("chat", *error);
    }
    auto title = clean_words(base::text_at(*place, "/title"));
    if (title.empty()) title = clean_words(base::text_at(*place, "/first_name"));
    co_return json::object{{"chat_id", chat_id},
                           {"username", clean_words(base::text_at(*place, "/username"))},
                           {"title", title},
                           {"chat_type", clean_words(type)},
                           {"bot", "@" + clean_words(base::text_at(*bot, "/username"))}};
  }

  static std::optional<std::string> why_not_allowed(const std::optional<json::value>& member,
                                                    std::string_view type) {
    if (!member) return "Telegram's answer cannot be read.";
    const auto status = base::text_at(*member, "/status");
    if (status == "creator") return std::nullopt;
    if (type == "channel") {
      const bool may = status == "administrator" && base::boolean_at(*member, "/can_post_messages");
      if (may) return std::nullopt;
      return "Make the bot an administrator of the channel who may post messages.";
    }
    if (status == "left" || status == "kicked") return "Make the bot a member of the group.";
    if (status == "restricted" && !base::boolean_at(*member, "/can_send_messages"))
      return "The group does not let the bot send messages.";
    return std::nullopt;
  }

  const About about_ = make_about();
};

}  // namespace

std::unique_ptr<Network> make_telegram() { return std::make_unique<Telegram>(); }

}  // namespace networks
