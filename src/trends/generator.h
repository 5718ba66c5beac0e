// Generator: a seeded stream of invented posts, for the demonstration and for tests.
//
// Daily rhythm, steady topics, three languages, planted events with invented names, and a flood by
// one account. The same seed and start give the same posts on every machine. Nothing in it is real
// and it must be labelled as generated wherever it shows. Pure: no clock, no I/O. One owner.
//
//   Generator generator({.seed = 7, .start = clock.now() - std::chrono::days{3}});
//   detector.feed("demonstration", generator.until(event_time), event_time);
#pragma once

#include "base/time.h"
#include "trends/mention.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace trends {

struct GeneratorOptions {
  std::uint64_t seed = 1;
  base::Instant start{};
  double posts_per_hour = 600;  // mean over the day
  std::size_t authors = 4000;
};

struct PlantedEvent {
  std::string topic;               // as Trend::topic: "#zanqorfestival"
  std::vector<std::string> terms;  // other topics that may stand for it
  std::string language;
  base::Instant begin{};
  base::Instant end{};
  bool flood = false;  // one account shouting: must never trend
};

class Generator {
 public:
  explicit Generator(GeneratorOptions options);
  ~Generator();
  Generator(Generator&&) noexcept;
  Generator& operator=(Generator&&) noexcept;

  // The posts from where the last call ended up to `end`, in time order.
  std::vector<Mention> until(base::Instant end);
  // All events and floods that begin before `end`, in time order. Two or three events a day and one
  // flood.
  std::vector<PlantedEvent> planted(base::Instant end) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trends
