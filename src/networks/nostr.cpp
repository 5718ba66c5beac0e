// Nostr: a signed event goes to several relays. Its id is the hash of what it says, so sending it
// again changes nothing.
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/address.h"
#include "networks/answer.h"
#include "networks/fields.h"
#include "networks/nostr/bech32.h"
#include "networks/nostr/event.h"
#include "networks/nostr/relay.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace networks {
namespace {

using namespace asio::experimental::awaitable_operators;
using nostr::Accepted;
using nostr::RelayAnswer;
using nostr::Stored;

constexpr std::size_t relays_max = 20;

About make_about() {
  return {
      .id = "nostr",
      .label = "Nostr",
      .color = "#8e30eb",
      .retry = RetryClass::safe_by_key,
      .retry_note =
          "A post is the same event however often it is sent, so it can never appear twice.",
      .limits = {.unit = CountUnit::bytes, .text_max = 64'000},
      .threads = Threads::part_by_part,
      .settings = {
          {.key = "secret_key",
           .label = "Secret key",
           .help = "Your nsec. Leave it empty for a new identity: its key is shown once, keep it.",
           .type = Setting::Type::secret,
           .required = false},
          {.key = "relays",
           .label = "Relays",
           .help = "Where to publish, one address per line.",
           .type = Setting::Type::list,
           .fallback = "wss://relay.damus.io\nwss://nos.lol\nwss://relay.primal.net"}}};
}

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  const auto* list = array_field(object, key);
  if (list == nullptr) return out;
  for (const auto& item : *list) {
    if (item.is_string() && out.size() < relays_max)
      out.emplace_back(std::string_view(item.get_string()));
  }
  return out;
}

json::array to_array(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

// The relays of the form in normal writing, without doubles; a relay without a scheme is wss.
base::Result<std::vector<std::string>> read_relays(const json::object& settings) {
  std::vector<std::string> relays;
  for (auto text : texts_of(settings, "relays")) {
    if (text.find("://") == std::string::npos) text = "wss://" + text;
    const auto address = parse_address(text);
    if (!address || !address->scheme.starts_with("ws")) {
      return base::invalid("relays", "A relay's address begins with wss://: " + clean_words(text));
    }
    auto relay = address->text();
    while (relay.ends_with('/')) relay.pop_back();
    if (std::ranges::find(relays, relay) == relays.end()) relays.push_back(relay);
  }
  return relays;
}

std::optional<nostr::Keys> keys_of(const Account& account) {
  return nostr::parse_secret(text_field(account.credentials, "secret_key"));
}

// Those of "nostr:npub1..." in a text.
std::vector<std::string> mentioned(std::string_view text) {
  constexpr std::string_view marker = "nostr:npub1";
  std::vector<std::string> keys;
  for (auto at = text.find(marker); at != std::string_view::npos; at = text.find(marker, at + 1)) {
    auto word = text.substr(at + 6);
    word = word.substr(0, word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"));
    const auto key = nostr::bech32_decode("npub", word);
    if (key.size() == 32) keys.push_back(base::hex(key));
  }
  return keys;
}

// NIP-10: where in a conversation this event stands.
void put_reply_tags(json::array& tags, const json::object& reply_to) {
  const auto parent = text_field(reply_to, "id");
  const auto relay = text_field(reply_to, "relay");
  auto root = text_field(reply_to, "root");
  if (root.empty()) root = parent;
  tags.push_back(json::array{"e", root, relay, "root"});
  if (parent != root) tags.push_back(json::array{"e", parent, relay, "reply"});
  tags.push_back(json::array{"p", text_field(reply_to, "pubkey")});
}

json::array make_tags(const Content& content) {
  json::array tags;
  const std::string& text = content.parts.front().text;
  if (content.reply_to) put_reply_tags(tags, *content.reply_to);
  std::set<std::string> seen;
  const auto add = [&](const char* name, const std::string& value) {
    if (seen.insert(name + value).second) tags.push_back(json::array{name, value});
  };
  const auto urls = base::find_urls(text);
  for (const auto& tag : base::find_hashtags(text)) {
    const auto in_url = [&](const auto& url) {
      return url.begin <= tag.begin && tag.begin < url.end;
    };
    if (std::ranges::any_of(urls, in_url)) continue;
    add("t", base::fold(std::string_view(text).substr(tag.begin + 1, tag.end - tag.begin - 1)));
  }
  for (const auto& url : urls) add("r", text.substr(url.begin, url.end - url.begin));
  for (const auto& key : mentioned(text)) add("p", key);
  return tags;
}

io::Task<std::vector<RelayAnswer>> send_to_all(Context context, std::vector<std::string> relays,
                                               json::object event, nostr::Keys keys) {
  if (relays.empty()) co_return std::vector<RelayAnswer>{};
  auto last = std::move(relays.back());
  relays.pop_back();
  auto [answer, answers] = co_await (nostr::send_event(context, std::move(last), event, keys) &&
                                     send_to_all(context, std::move(relays), event, keys));
  answers.push_back(std::move(answer));
  co_return std::move(answers);
}

io::Task<std::vector<Stored>> ask_all(Context context, std::vector<std::string> relays,
                                      std::string id, nostr::Keys keys) {
  if (relays.empty()) co_return std::vector<Stored>{};
  auto last = std::move(relays.back());
  relays.pop_back();
  auto [answer, answers] = co_await (nostr::has_event(context, std::move(last), id, keys) &&
                                     ask_all(context, std::move(relays), id, keys));
  answers.push_back(answer);
  co_return std::move(answers);
}

io::Task<std::vector<std::string>> reach_all(Context context, std::vector<std::string> relays) {
  if (relays.empty()) co_return std::vector<std::string>{};
  auto last = relays.back();
  relays.pop_back();
  auto [words, faults] =
      co_await (nostr::reach(context, last) && reach_all(context, std::move(relays)));
  if (words) faults.push_back(last + ": " + *words);
  co_return std::move(faults);
}

std::string_view name_of(Accepted accepted) {
  switch (accepted) {
    case Accepted::yes:
      return "accepted";
    case Accepted::refused:
      return "refused";
    case Accepted::not_now:
      return "not now";
    case Accepted::unclear:
      return "no answer";
  }
  return "no answer";
}

Published published(const json::object& payload, const std::string& relay) {
  const auto& event = payload.at("event").get_object();
  const auto id = text_field(event, "id");
  return {.remote_id = id,
          .url = "https://njump.me/" + nostr::bech32_encode("note", base::from_hex(id)),
          .reference = {{"id", id},
                        {"pubkey", text_field(event, "pubkey")},
                        {"root", text_field(payload, "root")},
                        {"relay", relay}}};
}

// One relay that has it is enough: readers follow many.
Outcome judge(const json::object& payload, const std::vector<RelayAnswer>& answers) {
  std::map<Accepted, const RelayAnswer*> first;
  json::object by_relay;
  for (const auto& answer : answers) {
    first.try_emplace(answer.accepted, &answer);
    std::string words(name_of(answer.accepted));
    if (!answer.words.empty()) words += ": " + answer.words;
    by_relay[answer.relay] = std::move(words);
  }
  const auto reason = [&](Accepted kind) {
    return fmt::format("Nostr, {}: {}", first[kind]->relay, first[kind]->words);
  };
  if (first.contains(Accepted::yes)) {
    auto done = published(payload, first[Accepted::yes]->relay);
    done.reference["relays"] = std::move(by_relay);
    return done;
  }
  if (first.contains(Accepted::unclear)) return Unknown{reason(Accepted::unclear)};
  if (first.contains(Accepted::not_now)) return RetryLater{.reason = reason(Accepted::not_now)};
  if (first.contains(Accepted::refused)) {
    return Rejected{.code = "refused", .reason = reason(Accepted::refused)};
  }
  return AccountBroken{"Nostr: the account has no relays"};
}

class Nostr final : public Network {
 public:
  const About& about() const override { return about_; }

  io::Task<base::Result<Identity>> connect(Context context, json::object settings) const override {
    const auto checked = check_settings(about_.settings, settings);
    if (!checked) co_return std::unexpected(checked.error());
    const auto given = text_field(*checked, "secret_key");
    const auto keys = given.empty() ? nostr::make_keys() : nostr::parse_secret(given);
    if (!keys) {
      co_return base::invalid("secret_key",
                              "This is no secret key: give nsec1... or 64 hexadecimal digits.");
    }
    const auto relays = read_relays(*checked);
    if (!relays) co_return std::unexpected(relays.error());
    const auto faults = co_await reach_all(context, *relays);
    if (faults.size() == relays->size()) {
      co_return base::invalid("relays", "No relay can be reached. " + faults.front());
    }
    const auto npub = nostr::npub(*keys);
    Identity identity{.remote_id = keys->public_key,
                      .handle = npub,
                      .display_name = npub.substr(0, 12) + "…" + npub.substr(npub.size() - 4),
                      .url = "https://njump.me/" + npub,
                      .details = {{"npub", npub},
                                  {"public_key", keys->public_key},
                                  {"relays", to_array(*relays)}},
                      .credentials = {{"secret_key", nostr::nsec(*keys)}}};
    if (given.empty()) identity.show_once = {"secret_key"};
    co_return identity;
  }

  io::Task<Health> test(Context context, Account account) const override {
    const auto relays = texts_of(account.details, "relays");
    if (!keys_of(account))
      co_return Health{.ok = false, .broken = true, .message = "The secret key is missing."};
    const auto faults = co_await reach_all(context, relays);
    co_return Health{.ok = faults.size() < relays.size(), .message = base::join(faults, "; ")};
  }

  io::Task<Prepared> prepare(Context, Account account, Content content, Key key) const override {
    CHECK(content.parts.size() == 1);
    const auto keys = keys_of(account);
    if (!keys) co_return AccountBroken{"Nostr: the secret key is missing"};
    const auto& part = content.parts.front();
    if (!part.media.empty()) {
      co_return Rejected{.code = "media",
                         .reason = "Nostr takes no media here: put a link into the text."};
    }
    auto event = nostr::sign_event(
        {.kind = 1, .created_at = key.created_at, .tags = make_tags(content), .content = part.text},
        *keys);
    std::string root = content.reply_to ? text_field(*content.reply_to, "root") : "";
    if (root.empty() && content.reply_to) root = text_field(*content.reply_to, "id");
    if (root.empty()) root = text_field(event, "id");
    co_return Frozen{
        json::serialize(json::object{{"event", std::move(event)},
                                     {"root", root},
                                     {"relays", to_array(texts_of(account.details, "relays"))}})};
  }

  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override {
    const auto keys = keys_of(account);
    if (!keys) co_return AccountBroken{"Nostr: the secret key is missing"};
    const auto payload = thaw(frozen);
    const auto answers = co_await send_to_all(context, texts_of(payload, "relays"),
                                              payload.at("event").get_object(), *keys);
    co_return judge(payload, answers);
  }

  // One relay that answers and does not have it is enough for "not there": sending the same event
  // again cannot double.
  io::Task<Found> find(Context context, Account account, Frozen frozen) const override {
    const auto keys = keys_of(account);
    if (!keys) co_return CannotKnow{"Nostr: the secret key is missing"};
    const auto payload = thaw(frozen);
    auto relays = texts_of(payload, "relays");
    const auto answers = co_await ask_all(
        context, relays, text_field(payload.at("event").get_object(), "id"), *keys);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (answers[i] == Stored::yes) co_return published(payload, relays[i]);
    }
    if (std::ranges::find(answers, Stored::no) != answers.end()) co_return NotThere{};
    co_return CannotKnow{.reason = "Nostr: no relay answers", .try_again = true};
  }

 private:
  const About about_ = make_about();
};

}  // namespace

std::unique_ptr<Network> make_nostr() { return std::make_unique<Nostr>(); }

}  // namespace networks
