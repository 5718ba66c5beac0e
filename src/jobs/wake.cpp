#include "jobs/wake.h"

#include "base/check.h"

#include <algorithm>
#include <vector>

namespace jobs {

namespace {

bool is_channel(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= Wake::channel_max &&
         std::all_of(name.begin(), name.end(), fits);
}

}  // namespace

struct Wake::Listeners {
  struct Listener {
    std::string channel;
    std::function<void()> then;
  };
  std::map<std::uint64_t, Listener> all;
  std::uint64_t next = 0;

  // A listener may go, or make others go, while it is called.
  void call(const std::function<bool(const Listener&)>& concerned) {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, listener] : all) {
      if (concerned(listener)) ids.push_back(id);
    }
    for (std::uint64_t id : ids) {
      if (auto found = all.find(id); found != all.end()) {
        const auto then = found->second.then;
        then();
      }
    }
  }
};

Wake::Wake() : listeners_(std::make_shared<Listeners>()) {}

Wake::~Wake() = default;

void Wake::ring(std::string_view channel) {
  CHECK(is_channel(channel));
  heard(channel);
  carry(channel);
}

std::unique_ptr<Wake::Bell> Wake::on_ring(std::string channel, std::function<void()> then) {
  CHECK(is_channel(channel));
  const std::uint64_t id = listeners_->next++;
  listeners_->all.emplace(
      id, Listeners::Listener{.channel = std::move(channel), .then = std::move(then)});
  return std::unique_ptr<Bell>(new Bell(listeners_, id));
}

io::Task<> Wake::run() { co_return; }

void Wake::carry(std::string_view) {}

void Wake::heard(std::string_view channel) {
  listeners_->call([channel](const auto& each) { return each.channel == channel; });
}

bool Wake::has_listeners() const { return !listeners_->all.empty(); }

void Wake::heard_all() {
  listeners_->call([](const auto&) { return true; });
}

Wake::Bell::Bell(std::shared_ptr<Listeners> listeners, std::uint64_t id)
    : listeners_(std::move(listeners)), id_(id) {}

Wake::Bell::~Bell() { listeners_->all.erase(id_); }

}  // namespace jobs
