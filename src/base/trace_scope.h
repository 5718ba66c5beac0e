// The trace that the code which runs now works for, so that a statement or a call deep below can
// tell what it took without having been handed a trace through every function.
//
// Who begins a piece of work opens a scope for it (io/traced.h keeps it across the waits of a
// task); PartSpan is one thing done within it. Without a scope a part costs nothing. Per thread.
#pragma once

#include "base/spans.h"

#include <memory>
#include <string>

namespace base {

struct TraceScope {
  std::string trace_id;
  std::string span_id;  // of the whole, whose parts these are
  bool sampled_before = false;
};
using TraceScopePtr = std::shared_ptr<const TraceScope>;

// Of what is done for that span; null when nobody listens.
TraceScopePtr scope_of(const ScopedSpan& whole);

// Null outside of all.
const TraceScopePtr& current_trace();

// From here to the end of the block.
class EnterTrace {
 public:
  explicit EnterTrace(TraceScopePtr scope);
  ~EnterTrace();
  EnterTrace(const EnterTrace&) = delete;
  EnterTrace& operator=(const EnterTrace&) = delete;

 private:
  TraceScopePtr before_;
};

// A statement or an outgoing call, from its making to its destruction; failed when an exception
// ends it, or by fail(). Names and attributes as in spans.h: no values, no texts.
class PartSpan {
 public:
  explicit PartSpan(std::string name);
  ~PartSpan();
  PartSpan(const PartSpan&) = delete;
  PartSpan& operator=(const PartSpan&) = delete;

  void note(std::string key, std::string value);
  void fail() { failed_ = true; }

 private:
  const TraceScopePtr scope_;
  TraceSpan span_;
  int exceptions_ = 0;
  bool failed_ = false;
};

}  // namespace base
