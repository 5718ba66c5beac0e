// Order and limits in one: lines in which tickets stand, sorted, and a few of each line may act at
// a time.
//
// A line for each account keeps its posts in the order of their time, however long each takes to
// get ready; one line for everything bounds how much is done at once. Whoever is first in a line
// holds up those behind it until it acts or leaves. A ticket leaves when it is destroyed. Not
// thread-safe: one per loop.
#pragma once

#include "io/task.h"

#include <memory>
#include <string>

namespace publishing {

class Turns {
 public:
  Turns(io::Executor executor, std::size_t limit);

  class Ticket;
  // A place in the line: before those of a larger `order`, behind those of the same.
  std::unique_ptr<Ticket> enlist(std::string line, std::int64_t order = 0);
  std::size_t lines() const;

 private:
  struct Place;
  struct Line;
  struct State;
  std::shared_ptr<State> state_;
};

class Turns::Ticket {
 public:
  ~Ticket();
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  // Whether it is first and the line has room: then it acts from now on.
  bool take();
  // Until it is so.
  io::Task<> wait();

 private:
  friend class Turns;
  Ticket(std::shared_ptr<State> state, std::shared_ptr<Place> place);

  std::shared_ptr<State> state_;
  std::shared_ptr<Place> place_;
};

}  // namespace publishing
