// Spans: what took how long, and in which trace. Whoever measures says so here; where they go is
// the business of whoever listens (app/span_exporter.h). Without a listener a span costs nothing.
//
//   const base::ScopedSpan span("publish mastodon", {{"network", "mastodon"}});
//
// Names and attributes come from small closed sets; never secrets, never texts of people. One
// listener, set before the loops start; end_span() may be called from any thread that it bears.
#pragma once

#include "base/time.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace base {

struct TraceSpan {
  enum class Kind { internal = 1, server = 2, client = 3 };

  std::string trace_id;   // 32 hex digits
  std::string id;         // 16 hex digits
  std::string parent_id;  // empty: the first of its trace, as far as we know
  std::string name;
  Kind kind = Kind::internal;
  Instant start;
  Instant end;
  std::vector<std::pair<std::string, std::string>> attributes;
  bool failed = false;
  bool sampled_before = false;  // who called us keeps this trace
};

void listen_to_spans(std::function<void(TraceSpan)> listener);
bool spans_wanted();
void end_span(TraceSpan span);

// A trace of its own from here to the end of the scope; failed when an exception ends it.
class ScopedSpan {
 public:
  explicit ScopedSpan(std::string name,
                      std::vector<std::pair<std::string, std::string>> attributes = {});
  ~ScopedSpan();
  ScopedSpan(const ScopedSpan&) = delete;
  ScopedSpan& operator=(const ScopedSpan&) = delete;

  // As far as it is known; without ids when nobody listens.
  const TraceSpan& span() const { return span_; }

 private:
  TraceSpan span_;
  int exceptions_;
};

}  // namespace base
