// A Nostr relay: keeps signed events by their id, checks hash and signature, speaks NIP-01 and asks
// for NIP-42 logins. A pure machine: what it is told and what it says back are strings; loopback or
// a socket carries them.
#pragma once

#include "http/websocket.h"
#include "networks/doubles/double.h"

#include <map>

namespace networks::doubles {

class RelayDouble final : public Double {
 public:
  explicit RelayDouble(const base::Clock& clock);

  // GET / is the relay's information document (NIP-11).
  const http::Router& routes() const override { return router_; }
  json::object settings(std::string origin) const override;
  bool publishes(const http::Request&) const override { return false; }
  const std::vector<Taken>& taken() const override { return taken_; }

  // One connection's state.
  struct Peer {
    std::string challenge;
    std::string author;  // who logged in
  };
  struct Reply {
    std::vector<std::string> messages;
    bool cut = false;                    // the connection breaks after them
    std::chrono::milliseconds delay{0};  // before them
  };
  Reply hear(Peer& peer, const std::string& message);

 private:
  Reply take_event(Peer& peer, const json::object& event);
  Reply answer_request(const json::array& message) const;
  Reply log_in(Peer& peer, const json::object& event) const;
  void store(const json::object& event);

  const base::Clock& clock_;
  http::Router router_;
  bool blocked_ = false;
  bool login_needed_ = false;
  std::map<std::string, json::object> events_;
  std::vector<Taken> taken_;
};

// Carries the messages by function calls. Relays are known by their address, "ws://host".
class LoopbackRelays final : public http::WebSocketConnector {
 public:
  void mount(std::string url, RelayDouble* relay) { relays_[std::move(url)] = relay; }
  io::Task<std::expected<std::unique_ptr<http::WebSocket>, http::TransportError>> connect(
      http::WebSocketOptions options) override;

 private:
  std::map<std::string, RelayDouble*> relays_;
};

}  // namespace networks::doubles
