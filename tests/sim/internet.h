// The networks, as those see it who receive: accounts on servers, each with what has arrived there.
// And the way there: connecting, sending, waiting for the answer, every part of which can fail.
//
// Four networks: one that joins sendings of one key (class A), one that can be searched (class B),
// one that does neither (class C), and one of class A that takes a thread in one request. A request
// that has left its process arrives (or not) whatever becomes of the process; the network may take
// its time to carry it out, and to show it, but not longer than settle_max altogether.
#pragma once

#include "http/client.h"
#include "networks/network.h"
#include "scheduler.h"
#include "story.h"
#include "weather.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sim {

// From the first byte until the post can be found, at most. The workers count on a minute.
inline constexpr base::Duration settle_max = std::chrono::seconds{50};

class Internet {
 public:
  Internet(Scheduler& scheduler, Random& random, Story& story);

  struct Request {
    ProcessPtr sender;
    std::string network;
    std::string account;  // its remote id
    std::string token;    // what it shows to be let in
    std::string path;     // "prepare", "ready", "publish", "find"
    std::string key;
    std::string payload;
    base::Instant sent_at = {};
  };

  // The first byte of a publishing request leaves its process.
  std::function<void(const Request&)> on_sent;
  // A network has made a post of it, or joined it with one that it had.
  std::function<void(const Request&, bool joined)> on_taken;
  // Something of a process passes a door.
  std::function<void(const ProcessPtr&)> on_door;

  const Weather* weather = nullptr;  // null: all is well
  // The account's grant is taken back, until it is connected again with a new token.
  void revoke(const std::string& account);
  std::string grant(const std::string& account);  // a token that lets in

  struct Taken {
    std::string payload;
    int copies = 0;
    base::Instant visible_at;
  };
  const Taken* find(const std::string& account, const std::string& key) const;
  // Requests of this key that may still arrive.
  bool on_its_way(const std::string& key) const { return on_their_way_.contains(key); }

  // The door of one process.
  std::unique_ptr<http::Client> client(ProcessPtr process);

 private:
  class Client;
  struct Exchange;
  using ExchangePtr = std::shared_ptr<Exchange>;

  void send(ExchangePtr exchange);
  void arrive(ExchangePtr exchange);
  void arrive_again(ExchangePtr exchange);
  void publish(ExchangePtr exchange);
  void take(const Request& request);
  void look(ExchangePtr exchange);
  void reply(ExchangePtr exchange, http::ClientResponse response);
  void lose(ExchangePtr exchange, std::string_view why, base::Duration after);
  bool luck(double Weather::* probability);

  Scheduler& scheduler_;
  Random& random_;
  Story& story_;
  std::map<std::string, std::map<std::string, Taken>> accounts_;
  std::map<std::string, std::string> tokens_;
  std::map<std::string, bool> refused_;  // of each key
  std::multiset<std::string> on_their_way_;
};

}  // namespace sim
