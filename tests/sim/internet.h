// The networks, as those see it who receive: accounts on servers, each with what has arrived there.
// And the way there: connecting, sending, waiting for the answer, every part of which can fail.
//
// Four networks: one that joins sendings of one key (class A), one that can be searched (class B),
// one that does neither (class C), and one of class A that takes a thread in one request. A request
// that has left its process arrives (or not) whatever becomes of the process; the network may take
// its time to carry it out, and to show it, but not longer than settle_max altogether.
#pragma once

#include "base/json.h"
#include "http/client.h"
#include "networks/network.h"
#include "scheduler.h"
#include "story.h"
#include "weather.h"

#include <functional>
#include <map>
#include <optional>
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
    std::string path;     // "prepare", "ready", "publish", "find", "renew"
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
  // Credentials that let in: a token, and what renews it.
  json::object grant(const std::string& account);
  bool lets_in(const std::string& account) const { return !grants_.at(account).revoked; }

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
  // One request and its answer.
  struct Exchange {
    Exchange(const io::Executor& executor, Request sent)
        : request(std::move(sent)), done(std::make_shared<io::Event>(executor)) {}
    Request request;
    std::expected<http::ClientResponse, http::TransportError> result;
    std::shared_ptr<io::Event> done;
    bool cut_off = false;  // the sender hears no more of it
  };
  // Renewing makes a pair that replaces the one before it with its first use, whichever of the two
  // is used; until then both count, and a further renewal replaces the new pair.
  struct Pair {
    std::string token;
    std::string refresh;
  };
  struct Grant {
    bool revoked = false;
    Pair now;
    std::optional<Pair> next;
  };
  Pair make_pair();
  json::object credentials_of(const Pair& pair) const;
  using ExchangePtr = std::shared_ptr<Exchange>;

  void send(ExchangePtr exchange);
  void arrive(ExchangePtr exchange);
  void arrive_again(ExchangePtr exchange);
  void publish(ExchangePtr exchange);
  bool admits(const Request& request);
  void renew(ExchangePtr exchange);
  void take(const Request& request);
  void look(ExchangePtr exchange);
  void reply(ExchangePtr exchange, http::ClientResponse response);
  void lose(ExchangePtr exchange, std::string_view why, base::Duration after);
  bool luck(double Weather::* probability);

  Scheduler& scheduler_;
  Random& random_;
  Story& story_;
  std::map<std::string, std::map<std::string, Taken>> accounts_;
  std::map<std::string, Grant> grants_;
  std::map<std::string, bool> refused_;  // of each key
  std::multiset<std::string> on_their_way_;
};

}  // namespace sim
