// Answers that several processes share for a moment: first in the memory of this one, then in
// Redis, then made.
//
// Against stampedes: within a process all who ask at once wait for one (io::Memo); between
// processes one has the turn to make a thing anew, once in `fresh`, while the others go on with the
// one before; where there is none yet they wait for it a little, then make their own. Also that
// there is nothing is remembered. forget() makes everything of a group a thing of the past, here
// and in Redis, what is being made included; other processes hear of it by the caller's bell
// (forget_here), or know better `keep` later. Redis stays a help: without it, or when it is slow,
// everything is made here, and nobody sees an error. No clocks are compared. Not thread-safe: one
// per loop; outlives its callers.
#pragma once

#include "io/memo.h"
#include "redis/client.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace redis {

struct CacheOptions {
  std::string name;                            // of the cache, in the metric
  std::string prefix;                          // of its keys
  std::chrono::milliseconds keep{1'000};       // in the memory of this process
  std::chrono::milliseconds fresh{1'000};      // in Redis, until somebody makes it anew
  std::chrono::milliseconds lifetime{10'000};  // in Redis, if nobody does
  std::chrono::milliseconds wait_max{100};     // for another process that makes the first one
  std::size_t bytes_max = 512 * 1024;          // of a thing that goes to Redis
  std::size_t entries_max = 2'000;             // in the memory of this process
};

class Cache {
 public:
  using Thing = std::optional<std::string>;
  using Make = std::function<io::Task<Thing>()>;

  // `client` may be null: no Redis. Give the cache one of its own, with a short time-out.
  Cache(io::Executor executor, const base::Clock& clock, Client* client, CacheOptions options);

  // A group is what is forgotten together.
  io::Task<Thing> get(std::string group, std::string key, Make make);
  void forget(const std::string& group);
  void forget_here() { memo_.forget_all(); }

 private:
  struct Keys {
    std::string version;  // of the group
    std::string thing;
    std::string turn;
  };
  struct Stored {
    std::string version;  // now
    bool there = false;   // of that version
    Thing thing;
  };

  Keys keys_of(const std::string& group, const std::string& key) const;
  io::Task<Thing> get_shared(Keys keys, Make make);
  io::Task<std::optional<Stored>> read(Keys keys);
  io::Task<bool> take_turn(Keys keys, std::string version);
  io::Task<std::optional<Stored>> wait_for_others(Keys keys);
  void write(const Keys& keys, const std::string& version, const Thing& thing);
  void count(std::string_view result) const;

  Client* client_;
  const CacheOptions options_;
  io::Memo<Thing> memo_;
};

}  // namespace redis
