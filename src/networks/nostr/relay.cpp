#include "networks/nostr/relay.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/answer.h"
#include "networks/fields.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace networks::nostr {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::chrono::seconds answer_max{15};
constexpr int messages_max = 200;  // that a relay may say before it answers

using Socket = std::unique_ptr<http::WebSocket>;

std::string item_text(const json::array& message, std::size_t index) {
  if (index >= message.size() || !message[index].is_string()) return "";
  return std::string(std::string_view(message[index].get_string()));
}

io::Task<std::expected<Socket, http::TransportError>> open(Context context, std::string relay) {
  http::WebSocketOptions options{.url = std::move(relay),
                                 .connect_timeout = std::chrono::seconds(10),
                                 .idle_timeout = std::chrono::seconds(20),
                                 .message_max = 512 * 1024};
  co_return co_await context.websockets->connect(std::move(options));
}

// NIP-01 says what machine-readable prefix a refusal begins with.
Accepted kind_of_refusal(std::string_view words) {
  const auto prefix = words.substr(0, words.find(':'));
  if (prefix == "duplicate") return Accepted::yes;
  if (prefix == "rate-limited" || prefix == "error" || prefix == "mute") return Accepted::not_now;
  return Accepted::refused;
}

class Conversation {
 public:
  Conversation(Context context, http::WebSocket* socket, std::string relay, Keys keys)
      : context_(context), socket_(socket), relay_(std::move(relay)), keys_(std::move(keys)) {}

  // Throws base::Unavailable when the connection ends before the answer.
  io::Task<RelayAnswer> submit(json::object event) {
    const std::string id = text_field(event, "id");
    const std::string message = json::serialize(json::array{"EVENT", event});
    co_await socket_->send(message);
    for (int heard = 0; heard < messages_max; ++heard) {
      const auto answer = co_await hear();
      if (!answer) break;
      if (item_text(*answer, 0) != "OK" || answer->size() < 3) continue;
      const std::string words = item_text(*answer, 3);
      const bool said_yes = (*answer)[2].is_bool() && (*answer)[2].get_bool();
      if (item_text(*answer, 1) == login_id_) {
        if (said_yes) co_await socket_->send(message);
        continue;
      }
      if (item_text(*answer, 1) != id) continue;
      if (said_yes) co_return RelayAnswer{relay_, Accepted::yes, clean_words(words)};
      if (words.starts_with("auth-required:") && co_await log_in()) continue;
      co_return RelayAnswer{relay_, kind_of_refusal(words), clean_words(words)};
    }
    co_return RelayAnswer{relay_, Accepted::unclear, "the relay did not answer"};
  }

  io::Task<Stored> ask(std::string id) {
    const std::string message = json::serialize(
        json::array{"REQ", "look-up", json::object{{"ids", json::array{id}}, {"limit", 1}}});
    co_await socket_->send(message);
    for (int heard = 0; heard < messages_max; ++heard) {
      const auto answer = co_await hear();
      if (!answer) break;
      const std::string kind = item_text(*answer, 0);
      if (kind == "OK" && item_text(*answer, 1) == login_id_) co_await socket_->send(message);
      if (item_text(*answer, 1) != "look-up") continue;
      if (kind == "EOSE") co_return Stored::no;
      if (kind == "EVENT" && answer->size() > 2 && (*answer)[2].is_object() &&
          base::text_at((*answer)[2], "/id") == id && verify_event((*answer)[2].get_object())) {
        co_return Stored::yes;
      }
      if (kind == "CLOSED") {
        if (item_text(*answer, 2).starts_with("auth-required:") && co_await log_in()) continue;
        break;
      }
    }
    co_return Stored::unclear;
  }

 private:
  // The next message; nothing when the relay closed. What is not a list is skipped as an empty one.
  io::Task<std::optional<json::array>> hear() {
    const auto text = co_await socket_->receive();
    if (!text) co_return std::nullopt;
    auto parsed = base::parse_json(*text);
    if (!parsed || !parsed->is_array()) co_return json::array{};
    if (item_text(parsed->get_array(), 0) == "AUTH") challenge_ = item_text(parsed->get_array(), 1);
    co_return std::move(parsed->get_array());
  }

  // NIP-42. False when the relay gave no challenge, or was answered already.
  io::Task<bool> log_in() {
    if (challenge_.empty() || !login_id_.empty()) co_return false;
    const auto event =
        sign_event({.kind = 22242,
                    .created_at = context_.clock->now(),
                    .tags = {json::array{"relay", relay_}, json::array{"challenge", challenge_}}},
                   keys_);
    login_id_ = text_field(event, "id");
    co_await socket_->send(json::serialize(json::array{"AUTH", event}));
    co_return true;
  }

  Context context_;
  http::WebSocket* socket_;
  std::string relay_;
  Keys keys_;
  std::string challenge_;
  std::string login_id_;
};

io::Task<std::string> deadline() {
  co_await io::sleep_for(answer_max);
  co_return "the relay did not answer in time";
}

io::Task<RelayAnswer> submit_on(Context context, Socket socket, std::string relay,
                                json::object event, Keys keys) {
  try {
    Conversation conversation(context, socket.get(), relay, std::move(keys));
    co_return co_await conversation.submit(std::move(event));
  } catch (const base::Unavailable& error) {
    co_return RelayAnswer{relay, Accepted::unclear, clean_words(error.what())};
  }
}

io::Task<Stored> ask_on(Context context, Socket socket, std::string relay, std::string id,
                        Keys keys) {
  try {
    Conversation conversation(context, socket.get(), relay, std::move(keys));
    co_return co_await conversation.ask(std::move(id));
  } catch (const base::Unavailable&) {
    co_return Stored::unclear;
  }
}

}  // namespace

io::Task<RelayAnswer> send_event(Context context, std::string relay, json::object event,
                                 Keys keys) {
  auto socket = co_await open(context, relay);
  if (!socket) co_return RelayAnswer{relay, Accepted::not_now, clean_words(socket.error().message)};
  auto done =
      co_await (submit_on(context, std::move(*socket), relay, std::move(event), std::move(keys)) ||
                deadline());
  if (done.index() == 0) co_return std::get<0>(std::move(done));
  co_return RelayAnswer{relay, Accepted::unclear, std::get<1>(done)};
}

io::Task<Stored> has_event(Context context, std::string relay, std::string id, Keys keys) {
  auto socket = co_await open(context, relay);
  if (!socket) co_return Stored::unclear;
  auto done = co_await (
      ask_on(context, std::move(*socket), relay, std::move(id), std::move(keys)) || deadline());
  if (done.index() == 0) co_return std::get<0>(done);
  co_return Stored::unclear;
}

io::Task<std::optional<std::string>> reach(Context context, std::string relay) {
  auto socket = co_await open(context, relay);
  if (!socket) co_return clean_words(socket.error().message);
  co_return std::nullopt;
}

}  // namespace networks::nostr
