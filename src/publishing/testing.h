// For tests (and the simulator): a network that does what a script says, doors that fail on demand,
// and time that moves only when nothing else can.
//
// Every step that a process can die at is a *door*: before and after each statement, commit and
// call of the network. A Fate counts doors; at the chosen one it throws Crash, and from then on
// nothing gets through any more, as in a process that is dead. The database and the network behind
// the doors live on.
#pragma once

#include "base/json.h"
#include "base/time.h"
#include "db/database.h"
#include "io/task.h"
#include "networks/network.h"
#include "publishing/account_door.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace publishing::testing {

struct Crash : std::runtime_error {
  Crash() : std::runtime_error("crashed") {}
};

class Fate {
 public:
  // Dies at door number `at`, counted from 0; never when it is negative.
  explicit Fate(int at = -1) : at_(at) {}
  void door() {
    if (dead_ || passed_ == at_) {
      if (!std::exchange(dead_, true) && on_death) on_death();
      throw Crash();
    }
    ++passed_;
  }
  bool dead() const { return dead_; }
  std::function<void()> on_death;
  int passed() const { return passed_; }

 private:
  int at_;
  int passed_ = 0;
  bool dead_ = false;
};

// A database as one process sees it.
class MortalDatabase final : public db::Database {
 public:
  MortalDatabase(db::Database& real, Fate& fate) : real_(real), fate_(fate) {}

  io::Task<db::Rows> execute(std::string sql, db::Params params) override {
    fate_.door();
    auto rows = co_await real_.execute(std::move(sql), std::move(params));
    fate_.door();
    co_return rows;
  }
  io::Task<std::unique_ptr<db::Transaction>> begin() override {
    fate_.door();
    co_return std::make_unique<MortalTransaction>(co_await real_.begin(), fate_);
  }
  db::Dialect dialect() const override { return real_.dialect(); }
  db::PoolState pool() const override { return real_.pool(); }
  io::Task<> close() override { co_return; }

 private:
  class MortalTransaction final : public db::Transaction {
   public:
    MortalTransaction(std::unique_ptr<db::Transaction> real, Fate& fate)
        : real_(std::move(real)), fate_(fate) {}
    io::Task<db::Rows> execute(std::string sql, db::Params params) override {
      fate_.door();
      co_return co_await real_->execute(std::move(sql), std::move(params));
    }
    io::Task<> commit() override {
      fate_.door();
      co_await real_->commit();
      fate_.door();
    }

   private:
    std::unique_ptr<db::Transaction> real_;
    Fate& fate_;
  };

  db::Database& real_;
  Fate& fate_;
};

// The world outside: what a network has got, whoever sent it.
struct Receiver {
  std::vector<std::string> posts;  // keys, in order of arrival; a doubled one is there twice
  std::map<std::string, std::string> payloads;
  int containers = 0;  // made while preparing in steps

  std::size_t count(std::string_view key) const {
    return static_cast<std::size_t>(std::count(posts.begin(), posts.end(), key));
  }
};

// How the next call of publish() or find() goes.
enum class Reply {
  well,         // taken, and said so
  lost,         // taken, but the answer is lost
  refused,      // Rejected
  later,        // RetryLater, certainly not taken
  broken,       // AccountBroken
  unreachable,  // nothing arrived, and nobody can tell: Unknown
  cannot_tell,  // find(): CannotKnow, try again
  works,        // prepare(): StillWorking
  throws,       // taken, and then the connector has a bug
};

// A network of a given class, as one process sees it. Class A joins what has the same key; class B
// and C take everything that comes.
class ScriptedNetwork final : public networks::Network {
 public:
  ScriptedNetwork(Receiver& receiver, networks::RetryClass retry, networks::Threads threads)
      : receiver_(receiver) {
    about_ = {.id = "scripted",
              .label = "Scripted",
              .color = "#000000",
              .retry = retry,
              .retry_note = "Whether it arrived cannot be asked.",
              .limits = {.text_max = 300,
                         .media_max = 4,
                         .alt_text_max = 100,
                         .media_types = {"image/png"}},
              .threads = threads,
              .alt_text = true,
              .settings = {}};
  }

  std::deque<Reply> publish_script;  // empty: well
  std::deque<Reply> find_script;
  std::deque<Reply> prepare_script;
  mutable int published = 0;  // calls of publish()
  mutable int found = 0;      // calls of find()
  mutable std::vector<networks::Content> contents;
  Fate* fate = nullptr;
  std::string slow_text;  // preparing this waits for prepare_hold
  std::shared_ptr<io::Event> prepare_hold;
  std::shared_ptr<io::Event> hold;  // publish() waits for it, with the request on its way
  std::vector<networks::Budget> allowed;
  bool in_steps = false;  // prepare() makes a container first, and keeps its number

  std::vector<networks::Budget> budgets(const networks::Account&) const override { return allowed; }

  const networks::About& about() const override { return about_; }
  io::Task<base::Result<networks::Identity>> connect(networks::Context,
                                                     json::object) const override {
    co_return networks::Identity{.remote_id = "1", .handle = "@scripted"};
  }
  io::Task<Health> test(networks::Context, networks::Account) const override { co_return Health{}; }

  io::Task<networks::Prepared> prepare(networks::Context context, networks::Account,
                                       networks::Content content,
                                       networks::Key key) const override {
    door();
    const Reply reply = next(prepare_script);
    contents.push_back(content);
    std::string text;
    for (const auto& part : content.parts) text += part.text + "|";
    if (prepare_hold && text == slow_text) co_await prepare_hold->wait();
    door();
    json::value container;
    if (in_steps) {
      json::object progress = context.progress->value();
      if (!progress.contains("container")) {
        progress["container"] = ++receiver_.containers;
        co_await context.progress->save(progress);
        door();
      }
      container = progress.at("container");
    }
    if (reply == Reply::works) {
      co_return networks::StillWorking{.after = std::chrono::seconds{5}, .reason = "the pictures"};
    }
    if (reply == Reply::refused) co_return networks::Rejected{"no", "it is not nice"};
    if (reply == Reply::later) co_return networks::RetryLater{.reason = "busy"};
    if (reply == Reply::broken) co_return networks::AccountBroken{"revoked"};
    co_return networks::Frozen{json::serialize(json::object{{"key", key.value},
                                                            {"at", base::to_micros(key.created_at)},
                                                            {"text", text},
                                                            {"container", container}})};
  }

  io::Task<networks::Outcome> publish(networks::Context, networks::Account,
                                      networks::Frozen frozen) const override {
    door();
    ++published;
    const Reply reply = next(publish_script);
    const std::string key = base::text_at(json::parse(frozen.payload), "/key");
    if (reply == Reply::refused) co_return networks::Rejected{"no", "it is not nice"};
    if (reply == Reply::later) co_return networks::RetryLater{.reason = "busy"};
    if (reply == Reply::broken) co_return networks::AccountBroken{"revoked"};
    if (reply == Reply::unreachable) co_return networks::Unknown{"timeout"};
    if (hold) co_await hold->wait();
    receive(key, frozen.payload);
    door();  // dies with the answer on its way
    if (reply == Reply::lost) co_return networks::Unknown{"timeout"};
    if (reply == Reply::throws) throw std::runtime_error("a bug in the connector");
    co_return answer(key);
  }

  io::Task<networks::Found> find(networks::Context, networks::Account,
                                 networks::Frozen frozen) const override {
    door();
    ++found;
    const Reply reply = next(find_script);
    door();
    if (reply == Reply::cannot_tell) {
      co_return networks::CannotKnow{.reason = "busy", .try_again = true};
    }
    if (about_.retry == networks::RetryClass::blind) co_return networks::CannotKnow{};
    const std::string key = base::text_at(json::parse(frozen.payload), "/key");
    if (receiver_.count(key) == 0) co_return networks::NotThere{};
    co_return answer(key);
  }

 private:
  void door() const {
    if (fate) fate->door();
  }
  static Reply next(const std::deque<Reply>& script) {
    auto& steps = const_cast<std::deque<Reply>&>(script);
    if (steps.empty()) return Reply::well;
    const Reply reply = steps.front();
    steps.pop_front();
    return reply;
  }
  void receive(const std::string& key, const std::string& payload) const {
    const bool same = receiver_.payloads.contains(key);
    if (same && about_.retry == networks::RetryClass::safe_by_key &&
        receiver_.payloads[key] == payload) {
      return;
    }
    receiver_.posts.push_back(key);
    receiver_.payloads[key] = payload;
  }
  static networks::Published answer(const std::string& key) {
    return {.remote_id = "remote-" + key,
            .url = "https://scripted.example/" + key,
            .reference = {{"id", "remote-" + key}}};
  }

  Receiver& receiver_;
  networks::About about_;
};

// One account for everybody, with a state that a test sets.
class ScriptedAccounts final : public AccountDoor {
 public:
  accounts::AccountState state = accounts::AccountState::connected;
  bool gone = false;
  int broken = 0;

  io::Task<std::optional<OpenedAccount>> open(base::WorkspaceId, base::AccountId id) override {
    if (gone) co_return std::nullopt;
    co_return OpenedAccount{.account = {.id = id, .network = "scripted", .handle = "@scripted"},
                            .state = state,
                            .reason = "revoked"};
  }
  io::Task<> mark_broken(base::AccountId, std::string, std::int64_t) override {
    ++broken;
    state = accounts::AccountState::broken;
    co_return;
  }
};

// Sleeps that end only when the clock is moved past them.
class VirtualSleep {
 public:
  VirtualSleep(io::Executor executor, base::VirtualClock& clock)
      : executor_(std::move(executor)), clock_(clock) {}

  io::Task<> sleep(base::Duration time) {
    auto event = std::make_shared<io::Event>(executor_);
    // Kept in the list by the frame: a cancelled sleep leaves it.
    struct Entry {
      std::multimap<base::Instant, std::shared_ptr<io::Event>>& all;
      std::multimap<base::Instant, std::shared_ptr<io::Event>>::iterator at;
      ~Entry() { all.erase(at); }
    };
    const base::Instant until = clock_.now() + time;
    Entry entry{sleepers_, sleepers_.emplace(until, event)};
    while (clock_.now() < until) co_await event->wait();
  }

  void advance(base::Duration time) {
    clock_.advance(time);
    for (auto& [until, event] : sleepers_) {
      if (until <= clock_.now()) event->notify();
    }
  }
  std::optional<base::Instant> next() const {
    if (sleepers_.empty()) return std::nullopt;
    return sleepers_.begin()->first;
  }

 private:
  io::Executor executor_;
  base::VirtualClock& clock_;
  std::multimap<base::Instant, std::shared_ptr<io::Event>> sleepers_;
};

}  // namespace publishing::testing
