// Discord, by a channel's webhook. Its address is the whole secret.
//
// Executing a webhook knows no nonce, and a webhook cannot list its messages: a lost answer cannot
// be looked up (class C). `wait=true` makes Discord answer with the message, so a good answer names
// it.
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/address.h"
#include "networks/answer.h"
#include "networks/fields.h"
#include "networks/multipart.h"

#include <cmath>

namespace networks {
namespace {

About make_about() {
  return {.id = "discord",
          .label = "Discord",
          .color = "#5865f2",
          .retry = RetryClass::blind,
          .retry_note =
              "If an answer is lost, nobody can look up whether Discord took the post: "
              "you are asked to look into the channel.",
          .limits = {.unit = CountUnit::utf16_units,
                     .text_max = 2000,
                     .media_max = 10,
                     .image_bytes_max = 2'000'000,
                     .alt_text_max = 1024,
                     .media_types = {"image/jpeg", "image/png", "image/gif", "image/webp"}},
          .threads = Threads::part_by_part,
          .alt_text = true,
          .settings = {{.key = "webhook_url",
                        .label = "Webhook URL",
                        .help = "In Discord open the channel's settings, Integrations, Webhooks, "
                                "New Webhook, and copy its URL. Who has it can post: keep it "
                                "secret.",
                        .type = Setting::Type::secret}}};
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 20 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

struct Hook {
  std::string url;     // without a query
  std::string thread;  // of the query: where in a channel of threads; "" for none
};

// https://discord.com/api/webhooks/ID/TOKEN, /api/v10/webhooks/ID/TOKEN, with a thread_id or not.
std::optional<Hook> parse_hook(std::string_view text) {
  const auto address = parse_address(text);
  if (!address || !address->scheme.starts_with("http")) return std::nullopt;
  const std::string_view path = address->path;
  const auto mark = std::min(path.find('?'), path.size());
  auto steps = base::split(path.substr(0, mark), '/');
  while (!steps.empty() && steps.back().empty()) steps.pop_back();
  if (steps.size() < 4) return std::nullopt;
  const auto id = steps[steps.size() - 2];
  if (steps[steps.size() - 3] != "webhooks" || !is_number(id)) return std::nullopt;
  Hook hook{.url = address->origin()};
  for (const auto step : steps) {
    if (!step.empty()) hook.url += "/" + std::string(step);
  }
  const auto query = http::Query::parse(path.substr(std::min(mark + 1, path.size())));
  if (const auto thread = query.get("thread_id"); thread && is_number(*thread))
    hook.thread = *thread;
  return hook;
}

// What is wrong with which field, where Discord tells: the first of its nested "_errors".
std::string first_detail(const json::value& errors, int depth = 0) {
  if (!errors.is_object() || depth > 8) return "";
  if (auto words = base::text_at(errors, "/_errors/0/message"); !words.empty()) return words;
  for (const auto& field : errors.get_object()) {
    if (auto words = first_detail(field.value(), depth + 1); !words.empty()) return words;
  }
  return "";
}

std::optional<Outcome> failure(const Answer& answer, base::Instant now) {
  std::string words;
  std::string code;
  double wait = 0;
  if (answer) {
    if (const auto body = object_of(*answer)) {
      words = text_field(*body, "message");
      if (const auto number = integer_field(*body, "code"); number != 0)
        code = std::to_string(number);
      if (const auto* errors = body->if_contains("errors")) words += " " + first_detail(*errors);
      if (const auto* seconds = body->if_contains("retry_after"); seconds != nullptr) {
        boost::system::error_code unfit;
        wait = seconds->to_number<double>(unfit);
        if (unfit || !(wait > 0)) wait = 0;
      }
    }
  }
  auto outcome = failure_of(answer, {.label = "Discord", .now = now, .code = code, .words = words});
  if (!answer || !outcome) return outcome;
  if (auto* later = std::get_if<RetryLater>(&*outcome); later != nullptr && wait > 0)
    later->after = std::chrono::seconds(static_cast<int>(std::ceil(std::min(wait, 86'400.0))));
  // The webhook or its channel is gone, or closed to it.
  if (answer->status == 403 || answer->status == 404) return AccountBroken{reason_of(*outcome)};
  return outcome;
}

std::optional<Published> published(const json::object& message, const json::object& details) {
  const auto id = text_field(message, "id");
  if (!is_number(id)) return std::nullopt;
  auto channel = text_field(message, "channel_id");
  if (!is_number(channel)) channel = text_field(details, "channel_id");
  const auto guild = text_field(details, "guild_id");
  Published done{.remote_id = id, .reference = {{"id", id}}};
  if (is_number(guild) && is_number(channel))
    done.url = fmt::format("https://discord.com/channels/{}/{}/{}", guild, channel, id);
  return done;
}

http::ClientRequest message_request(const Hook& hook, const json::object& payload) {
  http::ClientRequest request{.method = "POST", .url = hook.url + "?wait=true"};
  if (!hook.thread.empty()) request.url += "&thread_id=" + hook.thread;
  auto message = payload.at("message").as_object();
  const auto files = enclosed(payload, "files");
  if (files.empty()) {
    request.headers.set("Content-Type", "application/json");
    request.body = json::serialize(message);
    return request;
  }
  std::vector<FormPart> form;
  json::array attachments;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto name = file_name(files[i].content_type, i + 1);
    json::object attachment{{"id", i}, {"filename", name}};
    if (!files[i].alt_text.empty()) attachment["description"] = files[i].alt_text;
    attachments.push_back(std::move(attachment));
    form.push_back({.name = fmt::format("files[{}]", i),
                    .value = files[i].bytes,
                    .file_name = name,
                    .content_type = files[i].content_type});
  }
  message["attachments"] = std::move(attachments);
  form.push_back({.name = "payload_json", .value = json::serialize(message)});
  request.timeout = std::chrono::seconds(120);
  set_form(request, form);
  return request;
}

class Discord final : public Network {
 public:
  const About& about() const override { return about_; }

  io::Task<base::Result<Identity>> connect(Context context, json::object settings) const override {
    const auto checked = check_settings(about_.settings, settings);
    if (!checked) co_return std::unexpected(checked.error());
    const auto url = text_field(*checked, "webhook_url");
    const auto hook = parse_hook(url);
    if (!hook) {
      co_return base::invalid("webhook_url",
                              "A webhook's URL looks like "
                              "https://discord.com/api/webhooks/123/abc.");
    }
    const auto answer = co_await context.http->send({.url = hook->url});
    if (const auto bad = failure(answer, context.clock->now()))
      co_return std::unexpected(while_connecting(*bad, "webhook_url"));
    const auto about = object_of(*answer).value_or(json::object());
    const auto id = text_field(about, "id");
    if (!is_number(id))
      co_return base::invalid("webhook_url", "No webhook of Discord's answers there.");
    auto name = clean_words(text_field(about, "name"));
    if (name.empty()) name = "Webhook " + id;
    co_return Identity{.remote_id = hook->thread.empty() ? id : id + "/" + hook->thread,
                       .handle = name,
                       .display_name = name,
                       .details = {{"channel_id", clean_words(text_field(about, "channel_id"))},
                                   {"guild_id", clean_words(text_field(about, "guild_id"))}},
                       .credentials = {{"webhook_url", url}}};
  }

  io::Task<Health> test(Context context, Account account) const override {
    const auto answer = co_await context.http->send({.url = hook_of(account).url});
    if (const auto bad = failure(answer, context.clock->now())) co_return while_testing(*bad);
    if (!is_number(text_field(object_of(*answer).value_or(json::object()), "id")))
      co_return while_testing(Unknown{"Discord: the answer cannot be read"});
    co_return Health{};
  }

  io::Task<Prepared> prepare(Context, Account, Content content, Key key) const override {
    CHECK(content.parts.size() == 1);
    const auto& part = content.parts.front();
    // Nobody is to be woken by what happens to look like a mention.
    const json::object message{{"content", part.text},
                               {"allowed_mentions", {{"parse", json::array()}}}};
    co_return Frozen{json::serialize(
        json::object{{"key", key.value}, {"message", message}, {"files", enclose(part.media)}})};
  }

  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override {
    const auto answer =
        co_await context.http->send(message_request(hook_of(account), thaw(frozen)));
    if (auto bad = failure(answer, context.clock->now())) co_return std::move(*bad);
    const auto message = object_of(*answer);
    auto done = message ? published(*message, account.details) : std::nullopt;
    if (!done) co_return Unknown{"Discord: the answer cannot be read"};
    co_return std::move(*done);
  }

  io::Task<Found> find(Context, Account, Frozen) const override {
    co_return CannotKnow{"A webhook cannot read Discord's channels. Look into the channel."};
  }

 private:
  static Hook hook_of(const Account& account) {
    auto hook = parse_hook(text_field(account.credentials, "webhook_url"));
    // connect() let no other in.
    if (!hook) throw std::runtime_error("the credentials of a Discord account have no webhook");
    return std::move(*hook);
  }

  const About about_ = make_about();
};

}  // namespace

std::unique_ptr<Network> make_discord() { return std::make_unique<Discord>(); }

}  // namespace networks
