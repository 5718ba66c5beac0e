#include "networks/doubles/relay.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/fields.h"
#include "networks/nostr/event.h"

namespace networks::doubles {
namespace {

constexpr std::size_t message_max = 128 * 1024;
constexpr std::size_t content_max = 65'536;
constexpr std::size_t huge = std::size_t{5} * 1024 * 1024;
constexpr std::chrono::minutes login_age_max{10};

std::string ok(std::string_view id, bool accepted, std::string_view words) {
  return json::serialize(json::array{"OK", id, accepted, words});
}

io::Task<http::Response> information(http::Request) {
  co_return http::json_response(json::object{
      {"name", "rehearsal"},
      {"supported_nips", json::array{1, 11, 42}},
      {"limitation", {{"max_message_length", message_max}, {"max_content_length", content_max}}}});
}

std::string tag_value(const json::object& event, std::string_view name) {
  const auto* tags = event.if_contains("tags");
  if (tags == nullptr || !tags->is_array()) return "";
  for (const auto& tag : tags->get_array()) {
    if (base::text_at(tag, "/0") == name) return base::text_at(tag, "/1");
  }
  return "";
}

// The event that this one answers (NIP-10).
std::string parent_of(const json::object& event) {
  std::string parent;
  const auto* tags = event.if_contains("tags");
  if (tags == nullptr || !tags->is_array()) return parent;
  for (const auto& tag : tags->get_array()) {
    if (base::text_at(tag, "/0") != "e") continue;
    if (base::text_at(tag, "/3") == "reply" || parent.empty()) parent = base::text_at(tag, "/1");
  }
  return parent;
}

class LoopbackSocket final : public http::WebSocket {
 public:
  explicit LoopbackSocket(RelayDouble* relay) : relay_(relay) {}

  io::Task<> send(std::string text) override {
    if (cut_) throw base::Unavailable("the relay broke the connection");
    auto reply = relay_->hear(peer_, text);
    for (auto& message : reply.messages) waiting_.push_back(std::move(message));
    cut_ = reply.cut;
    co_return;
  }

  io::Task<std::optional<std::string>> receive() override {
    // Nobody else could say anything, so silence here is for ever: what a time-out is on a wire.
    if (waiting_.empty()) throw base::Unavailable("the relay broke the connection");
    auto message = std::move(waiting_.front());
    waiting_.pop_front();
    co_return message;
  }

  io::Task<> close() override {
    cut_ = true;
    co_return;
  }

 private:
  RelayDouble* relay_;
  RelayDouble::Peer peer_;
  std::deque<std::string> waiting_;
  bool cut_ = false;
};

}  // namespace

RelayDouble::RelayDouble(const base::Clock& clock) : clock_(clock) {
  router_.get("/", information);
}

json::object RelayDouble::settings(std::string origin) const {
  return {{"relays", json::array{"ws" + origin.substr(origin.find("://"))}}};
}

RelayDouble::Reply RelayDouble::hear(Peer& peer, const std::string& text) {
  const auto message = base::parse_json(text);
  if (text.size() > message_max || !message || !message->is_array() ||
      message->get_array().size() < 2) {
    return {.messages = {R"(["NOTICE","invalid: that is no message"])"}};
  }
  const auto& items = message->get_array();
  const auto kind = base::text_at(*message, "/0");
  if (kind == "EVENT" && items[1].is_object()) return take_event(peer, items[1].get_object());
  if (kind == "AUTH" && items[1].is_object()) return log_in(peer, items[1].get_object());
  if (kind == "REQ" && items.size() > 2) return answer_request(items);
  if (kind == "CLOSE") return {};
  return {.messages = {R"(["NOTICE","invalid: that is no message"])"}};
}

RelayDouble::Reply RelayDouble::take_event(Peer& peer, const json::object& event) {
  const auto id = text_field(event, "id");
  if (is_full()) return {.messages = {ok(id, false, "error: the relay is full")}};
  const Fault fault = faults().take();
  blocked_ = blocked_ || fault == Fault::revoke;
  if (blocked_) return {.messages = {ok(id, false, "blocked: you are not welcome here")}};
  if (fault == Fault::rate_limit)
    return {.messages = {ok(id, false, "rate-limited: slow down there")}};
  if (fault == Fault::fail_before)
    return {.messages = {ok(id, false, "error: could not reach the database")}};
  login_needed_ = login_needed_ || fault == Fault::expire_token;
  if (login_needed_ && peer.author != text_field(event, "pubkey")) {
    peer.challenge = base::random_token(16);
    return {.messages = {json::serialize(json::array{"AUTH", peer.challenge}),
                         ok(id, false, "auth-required: log in first")}};
  }
  if (!networks::nostr::verify_event(event))
    return {.messages = {ok(id, false, "invalid: wrong id or signature")}};
  if (text_field(event, "content").size() > content_max) {
    return {.messages = {ok(id, false, "invalid: the content is too long")}};
  }
  const bool is_new = events_.emplace(id, event).second;
  if (is_new) store(event);
  if (fault == Fault::drop_answer || fault == Fault::fail_after) return {.cut = true};
  if (fault == Fault::malformed_answer)
    return {.messages = {"<html>We will be back soon"}, .cut = true};
  if (fault == Fault::wrong_types)
    return {.messages = {R"(["OK",42,"yes",{}])", R"({"OK":true})"}, .cut = true};
  if (fault == Fault::huge_answer) return {.messages = {std::string(huge, 'x')}, .cut = true};
  const auto delay = fault == Fault::delay ? faults().delay() : std::chrono::milliseconds(0);
  return {.messages = {ok(id, true, is_new ? "" : "duplicate: already have this event")},
          .delay = delay};
}

void RelayDouble::store(const json::object& event) {
  taken_.push_back({.id = text_field(event, "id"),
                    .text = text_field(event, "content"),
                    .parent = parent_of(event),
                    .key = text_field(event, "id")});
}

RelayDouble::Reply RelayDouble::answer_request(const json::array& message) const {
  Reply reply;
  const auto* ids = base::find(message[2], "/ids");
  if (ids != nullptr && ids->is_array()) {
    for (const auto& id : ids->get_array()) {
      if (!id.is_string()) continue;
      const auto found = events_.find(std::string(std::string_view(id.get_string())));
      if (found == events_.end()) continue;
      reply.messages.push_back(json::serialize(json::array{"EVENT", message[1], found->second}));
    }
  }
  reply.messages.push_back(json::serialize(json::array{"EOSE", message[1]}));
  return reply;
}

RelayDouble::Reply RelayDouble::log_in(Peer& peer, const json::object& event) const {
  const auto id = text_field(event, "id");
  const auto made = std::chrono::seconds(integer_field(event, "created_at"));
  const auto age = clock_.now().time_since_epoch() - made;
  const bool good = integer_field(event, "kind") == 22242 && !peer.challenge.empty() &&
                    tag_value(event, "challenge") == peer.challenge && age < login_age_max &&
                    age > -login_age_max && networks::nostr::verify_event(event);
  if (good) peer.author = text_field(event, "pubkey");
  return {.messages = {ok(id, good, good ? "" : "invalid: wrong login")}};
}

io::Task<std::expected<std::unique_ptr<http::WebSocket>, http::TransportError>>
LoopbackRelays::connect(http::WebSocketOptions options) {
  const auto relay = relays_.find(options.url);
  if (relay == relays_.end()) {
    co_return std::unexpected(http::TransportError{http::TransportError::Sent::not_sent, "dns",
                                                   options.url + " is unknown."});
  }
  if (relay->second->faults().peek() == Fault::refuse_connection) {
    relay->second->faults().take();
    co_return std::unexpected(http::TransportError{http::TransportError::Sent::not_sent, "connect",
                                                   "The connection is refused."});
  }
  std::unique_ptr<http::WebSocket> socket = std::make_unique<LoopbackSocket>(relay->second);
  co_return std::move(socket);
}

}  // namespace networks::doubles
