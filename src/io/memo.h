// Answers remembered for a short while, made once for all who ask at the same time.
//
// For what is asked much more often than it changes. A value (also one that says "there is none")
// counts until it is `keep` old or forgotten; while one task makes it, others that want the same
// wait for it. forget_all() counts at once: a look that was under way then is not remembered, and
// nobody who comes later joins it. Failures are not remembered: they go to all who waited, but when
// only the maker was cancelled another of them makes it. Bounded: when full it forgets everything.
// Not thread-safe: one per loop; outlives its callers.
//
//   io::Memo<std::optional<Principal>> memo(executor, clock, {.keep = 1s});
//   auto who = co_await memo.get(hash, [&] { return look_up(hash); });
#pragma once

#include "base/time.h"
#include "io/task.h"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace io {

struct MemoOptions {
  base::Duration keep{1'000'000};
  std::size_t entries_max = 10'000;
  // How each question was answered: "hit", "joined" or "miss".
  std::function<void(std::string_view)> count = {};
};

template <class Value>
class Memo {
 public:
  using Make = std::function<Task<Value>()>;

  Memo(Executor executor, const base::Clock& clock, MemoOptions options)
      : executor_(std::move(executor)), clock_(clock), options_(std::move(options)) {}
  Memo(const Memo&) = delete;
  Memo& operator=(const Memo&) = delete;

  // What `make` refers to lives until the returned task has ended.
  Task<Value> get(std::string key, Make make) {
    while (true) {
      if (const Value* known = find(key)) {
        count("hit");
        co_return *known;
      }
      const auto under_way = flights_.find(key);
      if (under_way == flights_.end()) break;
      const std::shared_ptr<Flight> flight = under_way->second;
      if (!flight->over) co_await flight->landed.wait();
      if (flight->error) std::rethrow_exception(flight->error);
      if (flight->value) {
        count("joined");
        co_return *flight->value;
      }
    }
    count("miss");
    co_return co_await fly(std::move(key), std::move(make));
  }

  void forget_all() {
    entries_.clear();
    flights_.clear();
  }

 private:
  struct Entry {
    Value value;
    base::Instant made_at;
  };
  struct Flight {
    explicit Flight(const Executor& executor) : landed(executor) {}
    Event landed;
    bool over = false;
    std::optional<Value> value;
    std::exception_ptr error;
  };
  using FlightPtr = std::shared_ptr<Flight>;

  // On every way out, a cancellation included.
  struct Landing {
    Memo& memo;
    const std::string& key;
    FlightPtr flight;
    ~Landing() {
      flight->over = true;
      if (memo.is_current(key, flight)) memo.flights_.erase(key);
      flight->landed.notify();
    }
  };

  const Value* find(const std::string& key) const {
    const auto found = entries_.find(key);
    const bool fresh = found != entries_.end() &&
                       clock_.now() - found->second.made_at < options_.keep &&
                       clock_.now() >= found->second.made_at;
    return fresh ? &found->second.value : nullptr;
  }

  bool is_current(const std::string& key, const FlightPtr& flight) const {
    const auto found = flights_.find(key);
    return found != flights_.end() && found->second == flight;
  }

  Task<Value> fly(std::string key, Make make) {
    const auto flight = std::make_shared<Flight>(executor_);
    flights_[key] = flight;
    const Landing landing{*this, key, flight};
    const base::Instant begun_at = clock_.now();
    try {
      flight->value = co_await make();
    } catch (const std::exception& error) {
      if (!is_cancelled(error)) flight->error = std::current_exception();
      throw;
    }
    if (is_current(key, flight)) {
      if (entries_.size() >= options_.entries_max) entries_.clear();
      entries_.insert_or_assign(key, Entry{*flight->value, begun_at});
    }
    co_return *flight->value;
  }

  void count(std::string_view result) const {
    if (options_.count) options_.count(result);
  }

  const Executor executor_;
  const base::Clock& clock_;
  const MemoOptions options_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, FlightPtr, std::less<>> flights_;
};

}  // namespace io
