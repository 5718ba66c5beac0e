#include "publishing/turns.h"

#include <map>

namespace publishing {

using Order = std::pair<std::int64_t, std::uint64_t>;  // as asked, then as they came

struct Turns::Place {
  Place(const io::Executor& executor, std::string name, Order wanted)
      : line(std::move(name)), order(wanted), moved(executor) {}
  std::string line;
  Order order;
  bool acting = false;
  io::Event moved;
};

struct Turns::Line {
  std::size_t acting = 0;
  std::map<Order, Place*> waiting;
};

struct Turns::State {
  io::Executor executor;
  std::size_t limit;
  std::uint64_t next = 0;
  std::map<std::string, Line> lines = {};

  bool take(Place& place);
  bool may_act(const Place& place) {
    Line& line = lines.at(place.line);
    return line.acting < limit && line.waiting.begin()->second == &place;
  }
  void call_first(Line& line) const {
    if (!line.waiting.empty() && line.acting < limit) line.waiting.begin()->second->moved.notify();
  }
};

Turns::Turns(io::Executor executor, std::size_t limit)
    : state_(std::make_shared<State>(State{.executor = std::move(executor), .limit = limit})) {}

std::unique_ptr<Turns::Ticket> Turns::enlist(std::string line, std::int64_t order) {
  auto place = std::make_shared<Place>(state_->executor, line, Order{order, state_->next++});
  state_->lines[line].waiting.emplace(place->order, place.get());
  return std::unique_ptr<Ticket>(new Ticket(state_, std::move(place)));
}

std::size_t Turns::lines() const { return state_->lines.size(); }

Turns::Ticket::Ticket(std::shared_ptr<State> state, std::shared_ptr<Place> place)
    : state_(std::move(state)), place_(std::move(place)) {}

Turns::Ticket::~Ticket() {
  auto line = state_->lines.find(place_->line);
  if (place_->acting) {
    --line->second.acting;
  } else {
    line->second.waiting.erase(place_->order);
  }
  state_->call_first(line->second);
  if (line->second.acting == 0 && line->second.waiting.empty()) state_->lines.erase(line);
}

bool Turns::State::take(Place& place) {
  if (place.acting) return true;
  if (!may_act(place)) return false;
  Line& line = lines.at(place.line);
  line.waiting.erase(place.order);
  ++line.acting;
  place.acting = true;
  call_first(line);
  return true;
}

bool Turns::Ticket::take() { return state_->take(*place_); }

io::Task<> Turns::Ticket::wait() {
  auto state = state_;
  auto place = place_;
  while (!state->take(*place)) co_await place->moved.wait();
}

}  // namespace publishing
