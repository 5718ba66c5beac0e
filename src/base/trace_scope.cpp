#include "base/trace_scope.h"

#include "base/crypto.h"
#include "base/text.h"

#include <exception>

namespace base {
namespace {

TraceScopePtr& current() {
  thread_local TraceScopePtr scope;
  return scope;
}

}  // namespace

TraceScopePtr scope_of(const ScopedSpan& whole) {
  if (whole.span().id.empty()) return nullptr;
  return std::make_shared<const TraceScope>(
      TraceScope{.trace_id = whole.span().trace_id, .span_id = whole.span().id});
}

const TraceScopePtr& current_trace() { return current(); }

EnterTrace::EnterTrace(TraceScopePtr scope) : before_(std::exchange(current(), std::move(scope))) {}

EnterTrace::~EnterTrace() { current() = std::move(before_); }

PartSpan::PartSpan(std::string name) : scope_(spans_wanted() ? current() : nullptr) {
  if (!scope_) return;
  exceptions_ = std::uncaught_exceptions();
  span_ = {.trace_id = scope_->trace_id,
           .id = hex(random_bytes(8)),
           .parent_id = scope_->span_id,
           .name = std::move(name),
           .kind = TraceSpan::Kind::client,
           .start = SystemClock().now(),
           .sampled_before = scope_->sampled_before};
}

PartSpan::~PartSpan() {
  if (!scope_) return;
  span_.end = SystemClock().now();
  span_.failed = failed_ || std::uncaught_exceptions() > exceptions_;
  end_span(std::move(span_));
}

void PartSpan::note(std::string key, std::string value) {
  if (scope_) span_.attributes.emplace_back(std::move(key), std::move(value));
}

}  // namespace base
