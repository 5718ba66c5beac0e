// Watching: the mentions that stream through the automation role, held against all watch lists.
//
// see() is called on the way of each batch to the detector; what is of interest is counted, and
// some of it kept, in memory, and written every few seconds. So a killed process loses a few
// seconds of counts, and what a source sends again after a crash is counted again: these are
// figures for people, the detector has its own. Invented mentions are not counted. Not
// thread-safe: one per loop.
#pragma once

#include "topics/lists.h"

#include <map>
#include <span>
#include <string>

namespace topics {

class Watching {
 public:
  static constexpr std::chrono::seconds every{5};

  explicit Watching(Lists& lists) : lists_(lists) {}

  // `item`: the source brings items of feeds, which are all kept.
  void see(std::string_view source, std::span<const trends::Mention> mentions, bool item);

  // Until cancelled.
  io::Task<> run();
  // One turn: fetches what lists there are, writes what was seen.
  io::Task<> turn();

 private:
  Lists& lists_;
  std::shared_ptr<const Matcher> matcher_;
  std::map<std::string, Lists::Found> found_;
};

}  // namespace topics
