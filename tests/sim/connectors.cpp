#include "connectors.h"

#include "base/json.h"

#include <array>
#include <optional>
#include <stdexcept>

namespace sim {

namespace {

using namespace std::chrono_literals;
using networks::RetryClass;
using networks::Threads;

std::string detail(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

class Connector final : public networks::Network {
 public:
  Connector(std::string id, RetryClass retry, Threads threads,
            std::vector<networks::Budget> budgets, bool in_steps)
      : budgets_(std::move(budgets)), in_steps_(in_steps) {
    about_.id = std::move(id);
    about_.label = about_.id;
    about_.color = "#000000";
    about_.retry = retry;
    about_.retry_note = "Whether it arrived cannot be asked.";
    about_.limits.text_max = 300;
    about_.threads = threads;
  }

  const networks::About& about() const override { return about_; }
  std::vector<networks::Budget> budgets(const networks::Account&) const override {
    return budgets_;
  }

  io::Task<base::Result<networks::Identity>> connect(networks::Context,
                                                     json::object) const override {
    co_return base::conflict("Accounts of the simulation are made, not connected.");
  }
  io::Task<Health> test(networks::Context, networks::Account) const override { co_return Health{}; }

  // Tokens of "alpha" run out.
  std::optional<base::Instant> renew_at(const networks::Account& account) const override {
    const json::value* until = account.credentials.if_contains("until");
    if (about_.id != "alpha" || !until || !until->is_int64()) return std::nullopt;
    return base::from_micros(until->get_int64()) - 1min;
  }
  io::Task<networks::Renewal> renew(networks::Context context,
                                    networks::Account account) const override {
    auto wanted = request(account, "renew", "", detail(account.credentials, "refresh"));
    auto result = co_await context.http->send(std::move(wanted));
    if (!result) co_return networks::RetryLater{.reason = result.error().message};
    if (result->status == 401) co_return networks::AccountBroken{"the grant was taken back"};
    const auto body = base::parse_json(result->body);
    if (result->status != 200 || !body || !body->is_object()) {
      co_return networks::RetryLater{.reason = "it is busy"};
    }
    co_return networks::Renewed{body->get_object()};
  }

  io::Task<networks::Prepared> prepare(networks::Context context, networks::Account account,
                                       networks::Content content,
                                       networks::Key key) const override {
    // As with containers: made once, kept, and ready some time later.
    const bool made = context.progress && context.progress->value().contains("made");
    if (!made) {
      if (auto refusal = co_await step(context, account, "prepare", key)) co_return *refusal;
      if (in_steps_) co_await context.progress->save({{"made", true}});
    }
    if (in_steps_) {
      if (auto refusal = co_await step(context, account, "ready", key)) co_return *refusal;
    }
    json::array parts;
    for (const networks::Part& part : content.parts) parts.emplace_back(part.text);
    json::object payload{
        {"key", key.value}, {"at", base::to_micros(key.created_at)}, {"parts", std::move(parts)}};
    if (content.reply_to) payload["reply_to"] = detail(*content.reply_to, "id");
    co_return networks::Frozen{json::serialize(payload)};
  }

  io::Task<networks::Outcome> publish(networks::Context context, networks::Account account,
                                      networks::Frozen frozen) const override {
    const std::string key = key_of(frozen);
    auto result = co_await context.http->send(request(account, "publish", key, frozen.payload));
    if (!result) {
      if (result.error().sent == http::TransportError::Sent::not_sent) {
        co_return networks::RetryLater{.reason = result.error().message};
      }
      co_return networks::Unknown{result.error().message};
    }
    if (result->status == status_of_a_bug) throw std::logic_error("a bug in the connector");
    if (result->status == 400) co_return networks::Rejected{"not_nice", "it is not nice"};
    if (result->status == 401) co_return networks::AccountBroken{"the grant was taken back"};
    if (result->status == 429) {
      const auto after = http::retry_after(result->headers, context.clock->now());
      co_return networks::RetryLater{.after = after, .reason = "too many requests"};
    }
    const std::string id = id_of(*result);
    if (id.empty()) co_return networks::Unknown{"an answer that makes no sense"};
    co_return published(id);
  }

  io::Task<networks::Found> find(networks::Context context, networks::Account account,
                                 networks::Frozen frozen) const override {
    if (about_.retry == RetryClass::blind) co_return networks::CannotKnow{};
    auto result = co_await context.http->send(request(account, "find", key_of(frozen), ""));
    if (result && result->status == 404) co_return networks::NotThere{};
    const std::string id = result ? id_of(*result) : std::string();
    if (!id.empty()) co_return published(id);
    co_return networks::CannotKnow{.reason = "it does not answer", .try_again = true};
  }

 private:
  // One request of preparing: nothing when it went well.
  io::Task<std::optional<networks::Prepared>> step(networks::Context context,
                                                   networks::Account account, std::string path,
                                                   networks::Key key) const {
    auto result = co_await context.http->send(request(account, path, key.value, ""));
    if (!result) co_return networks::RetryLater{.reason = result.error().message};
    if (result->status == 202) {
      co_return networks::StillWorking{.after = 5s, .reason = "it works on it"};
    }
    if (result->status == 401) co_return networks::AccountBroken{"the grant was taken back"};
    if (result->status != 200) co_return networks::RetryLater{.reason = "it is busy"};
    co_return std::nullopt;
  }
  http::ClientRequest request(const networks::Account& account, std::string_view path,
                              std::string key, std::string body) const {
    http::ClientRequest wanted{
        .method = path == "find" ? "GET" : "POST",
        .url = fmt::format("https://{}.example/{}?{}", about_.id, path, account.remote_id),
        .body = std::move(body)};
    wanted.headers.set("Authorization", detail(account.credentials, "token"));
    wanted.headers.set("Idempotency-Key", std::move(key));
    return wanted;
  }
  static std::string key_of(const networks::Frozen& frozen) {
    const json::value payload = json::parse(frozen.payload);
    return detail(payload.as_object(), "key");
  }
  static std::string id_of(const http::ClientResponse& response) {
    if (response.status != 200) return {};
    const auto body = base::parse_json(response.body);
    return body && body->is_object() ? detail(body->get_object(), "id") : std::string();
  }
  static networks::Published published(const std::string& id) {
    return {.remote_id = id, .url = "https://example/" + id, .reference = {{"id", id}}};
  }

  networks::About about_;
  std::vector<networks::Budget> budgets_;
  bool in_steps_;
};

}  // namespace

const networks::Network* simulated_network(std::string_view id) {
  static const auto* all = new std::array<Connector, 4>{
      Connector("alpha", RetryClass::safe_by_key, Threads::part_by_part, {}, true),
      Connector("amber", RetryClass::safe_by_key, Threads::one_request,
                {{.name = "points in a minute", .units = 8, .window = 60s, .cost = 2},
                 {.name = "posts in 5 minutes", .units = 9, .window = 300s}},
                false),
      Connector("bravo", RetryClass::safe_by_lookup, Threads::part_by_part, {}, true),
      Connector("charlie", RetryClass::blind, Threads::part_by_part,
                {{.name = "posts in a minute", .units = 3, .window = 60s}}, false)};
  for (const Connector& each : *all) {
    if (each.about().id == id) return &each;
  }
  return nullptr;
}

const std::vector<std::string>& simulated_networks() {
  static const auto* ids = new std::vector<std::string>{"alpha", "amber", "bravo", "charlie"};
  return *ids;
}

}  // namespace sim
