// Slack, by a channel's incoming webhook. Its address is the whole secret; it takes text and no
// files, and answers "ok" and nothing else: no id, no look-up (class C).
#include "base/check.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/address.h"
#include "networks/answer.h"
#include "networks/fields.h"

namespace networks {
namespace {

About make_about() {
  return {.id = "slack",
          .label = "Slack",
          .color = "#4a154b",
          .retry = RetryClass::blind,
          .retry_note =
              "If an answer is lost, nobody can look up whether Slack took the message: "
              "you are asked to look into the channel.",
          .limits = {.unit = CountUnit::utf16_units, .text_max = 40'000},
          .threads = Threads::part_by_part,
          .settings = {
              {.key = "webhook_url",
               .label = "Webhook URL",
               .help = "At api.slack.com/apps create an app, switch on Incoming Webhooks, add one "
                       "to your channel, and copy its URL. Who has it can post: keep it secret.",
               .type = Setting::Type::secret},
              {.key = "name",
               .label = "Name",
               .help = "What to call it here, for example #news. Slack does not tell.",
               .required = false,
               .fallback = "Slack"}}};
}

// Slack reads & < > as its own marks; nothing else is special in text (no mention, no markup).
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

// Slack answers in plain text: "invalid_token", "channel_is_archived".
std::optional<Outcome> failure(const Answer& answer, base::Instant now) {
  const auto words = answer ? clean_words(answer->body) : std::string();
  auto outcome = failure_of(answer, {.label = "Slack", .now = now, .code = words, .words = words});
  if (!answer || !outcome) return outcome;
  const int status = answer->status;
  // The webhook, its app, its channel or its workspace is gone or closed.
  if (status == 403 || status == 404 || status == 410) return AccountBroken{reason_of(*outcome)};
  return outcome;
}

// Of .../services/T0/B0/secret the two names; of another address a hash. The secret stays out.
std::string remote_id_of(const Address& address) {
  const auto steps = base::split(address.path, '/');
  if (steps.size() == 5 && steps[1] == "services" && steps[2].starts_with('T') &&
      steps[3].starts_with('B')) {
    return clean_words(std::string(steps[2]) + "/" + std::string(steps[3]));
  }
  return base::hex(base::sha256(address.text())).substr(0, 32);
}

http::ClientRequest request_of(const std::string& url, const json::object& message) {
  http::ClientRequest request{.method = "POST", .url = url};
  request.headers.set("Content-Type", "application/json");
  request.body = json::serialize(message);
  return request;
}

class Slack final : public Network {
 public:
  const About& about() const override { return about_; }

  // As it goes out: marks are longer there.
  Count count(std::string_view text, const Limits& limits) const override {
    return Network::count(escape(text), limits);
  }

  std::vector<Budget> budgets(const Account&) const override {
    return {{.name = "messages in a minute", .units = 60, .window = std::chrono::minutes(1)}};
  }

  io::Task<base::Result<Identity>> connect(Context context, json::object settings) const override {
    const auto checked = check_settings(about_.settings, settings);
    if (!checked) co_return std::unexpected(checked.error());
    const auto address = parse_address(text_field(*checked, "webhook_url"));
    if (!address || !address->scheme.starts_with("http") || address->path.size() < 2) {
      co_return base::invalid("webhook_url",
                              "A webhook's URL looks like "
                              "https://hooks.slack.com/services/T00/B00/XXXX.");
    }
    const auto url = address->text();
    if (const auto bad = co_await knock(context, url))
      co_return std::unexpected(while_connecting(*bad, "webhook_url"));
    const auto name = clean_words(text_field(*checked, "name"));
    co_return Identity{.remote_id = remote_id_of(*address),
                       .handle = name,
                       .display_name = name,
                       .credentials = {{"webhook_url", url}}};
  }

  io::Task<Health> test(Context context, Account account) const override {
    if (const auto bad = co_await knock(context, text_field(account.credentials, "webhook_url")))
      co_return while_testing(*bad);
    co_return Health{};
  }

  io::Task<Prepared> prepare(Context, Account, Content content, Key key) const override {
    CHECK(content.parts.size() == 1);
    // What people write is text, not Slack's markup.
    const json::object message{{"text", escape(content.parts.front().text)}, {"mrkdwn", false}};
    co_return Frozen{json::serialize(json::object{{"key", key.value}, {"message", message}})};
  }

  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override {
    const auto payload = thaw(frozen);
    const auto answer = co_await context.http->send(request_of(
        text_field(account.credentials, "webhook_url"), payload.at("message").as_object()));
    if (auto bad = failure(answer, context.clock->now())) co_return std::move(*bad);
    if (base::trim(answer->body) != "ok") co_return Unknown{"Slack: the answer cannot be read"};
    // Slack names no message; the post's own key stands in.
    const auto key = text_field(payload, "key");
    co_return Published{.remote_id = key, .reference = {{"key", key}}};
  }

  io::Task<Found> find(Context, Account, Frozen) const override {
    co_return CannotKnow{"A webhook cannot read Slack's channels. Look into the channel."};
  }

 private:
  // A message without a text is refused by a webhook that lives, and by its absence otherwise.
  // Nothing appears in the channel.
  static io::Task<std::optional<Outcome>> knock(Context context, std::string url) {
    const auto answer = co_await context.http->send(request_of(url, {}));
    auto outcome = failure(answer, context.clock->now());
    if (!outcome) {
      co_return Rejected{.code = "not_slack", .reason = "No webhook of Slack's answers there."};
    }
    if (answer && answer->status == 400) {
      const auto words = base::trim(answer->body);
      if (words == "no_text" || words == "invalid_payload" ||
          words == "missing_text_or_fallback_or_attachments")
        co_return std::nullopt;
    }
    co_return outcome;
  }

  const About about_ = make_about();
};

}  // namespace

std::unique_ptr<Network> make_slack() { return std::make_unique<Slack>(); }

}  // namespace networks
