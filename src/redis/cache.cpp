#include "redis/cache.h"

#include "base/crypto.h"
#include "base/metrics.h"
#include "base/text.h"

#include <fmt/format.h>

namespace redis {
namespace {

using namespace std::chrono_literals;

constexpr auto look_again_after = 10ms;
// Longer than any thing lives, so that a version is never used twice.
constexpr auto version_lifetime = 24h;

metrics::Counter questions{"cache_requests_total",
                           "Questions to the caches of this process, by what they led to.",
                           {"cache", "result"}};

std::string millis(std::chrono::milliseconds time) { return std::to_string(time.count()); }

// "VERSION\n+thing", or "VERSION\n-" for nothing.
std::string encode(const std::string& version, const std::optional<std::string>& thing) {
  return version + "\n" + (thing ? "+" + *thing : "-");
}

}  // namespace

Cache::Cache(io::Executor executor, const base::Clock& clock, Client* client, CacheOptions options)
    : client_(client),
      options_(std::move(options)),
      memo_(std::move(executor), clock,
            {.keep = options_.keep,
             .entries_max = options_.entries_max,
             .count = [this](std::string_view result) {
               if (result != "miss") count(result);
             }}) {}

Cache::Keys Cache::keys_of(const std::string& group, const std::string& key) const {
  const std::string thing =
      fmt::format("{}:{}:{}", options_.prefix, group, base::hex(base::sha256(key)).substr(0, 32));
  return {.version = fmt::format("{}:{}:version", options_.prefix, group),
          .thing = thing,
          .turn = thing + ":turn"};
}

io::Task<Cache::Thing> Cache::get(std::string group, std::string key, Make make) {
  const Keys keys = keys_of(group, key);
  co_return co_await memo_.get(keys.thing, [this, &keys, &make] { return get_shared(keys, make); });
}

io::Task<Cache::Thing> Cache::get_shared(Keys keys, Make make) {
  std::optional<Stored> stored;
  if (client_ != nullptr) stored = co_await read(keys);
  if (!stored) {
    count("miss");
    co_return co_await make();
  }
  const bool turn = co_await take_turn(keys, stored->version);
  if (!turn && !stored->there) {
    if (auto later = co_await wait_for_others(keys)) stored = std::move(later);
  }
  if (!turn && stored->there) {
    count("shared");
    co_return std::move(stored->thing);
  }
  count("miss");
  const Thing made = co_await make();
  write(keys, stored->version, made);
  co_return made;
}

// Nothing when Redis is away.
io::Task<std::optional<Cache::Stored>> Cache::read(Keys keys) {
  const auto reply = co_await client_->command({"MGET", keys.version, keys.thing});
  if (!reply || reply->elements.size() != 2) co_return std::nullopt;
  Stored stored{.version = reply->elements[0].text, .there = false, .thing = std::nullopt};
  const std::string& text = reply->elements[1].text;
  const std::size_t line = text.find('\n');
  if (line == std::string::npos || line + 1 >= text.size()) co_return stored;
  stored.there = text.substr(0, line) == stored.version;
  if (text[line + 1] == '+') stored.thing = text.substr(line + 2);
  co_return stored;
}

io::Task<bool> Cache::take_turn(Keys keys, std::string version) {
  const auto reply = co_await client_->command(
      {"SET", keys.turn + ":" + version, "1", "NX", "PX", millis(options_.fresh)});
  co_return !reply || reply->kind != Reply::Kind::nil;
}

io::Task<std::optional<Cache::Stored>> Cache::wait_for_others(Keys keys) {
  const auto give_up = std::chrono::steady_clock::now() + options_.wait_max;
  while (std::chrono::steady_clock::now() < give_up) {
    co_await io::sleep_for(look_again_after);
    auto stored = co_await read(keys);
    if (!stored || stored->there) co_return stored;
  }
  co_return std::nullopt;
}

void Cache::write(const Keys& keys, const std::string& version, const Thing& thing) {
  if (thing && thing->size() > options_.bytes_max) return;
  client_->tell({"SET", keys.thing, encode(version, thing), "PX", millis(options_.lifetime)});
}

void Cache::forget(const std::string& group) {
  forget_here();
  if (client_ == nullptr) return;
  const std::string version = keys_of(group, "").version;
  client_->tell({"INCR", version});
  client_->tell({"PEXPIRE", version, millis(version_lifetime)});
}

void Cache::count(std::string_view result) const { questions.add({options_.name, result}); }

}  // namespace redis
