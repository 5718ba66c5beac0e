#include "base/spans.h"

#include "base/crypto.h"
#include "base/text.h"

#include <exception>

namespace base {
namespace {

std::function<void(TraceSpan)>& listener() {
  static std::function<void(TraceSpan)> instance;
  return instance;
}

}  // namespace

void listen_to_spans(std::function<void(TraceSpan)> then) { listener() = std::move(then); }

bool spans_wanted() { return static_cast<bool>(listener()); }

void end_span(TraceSpan span) {
  if (listener()) listener()(std::move(span));
}

ScopedSpan::ScopedSpan(std::string name,
                       std::vector<std::pair<std::string, std::string>> attributes)
    : exceptions_(std::uncaught_exceptions()) {
  if (!spans_wanted()) return;
  span_.trace_id = hex(random_bytes(16));
  span_.id = hex(random_bytes(8));
  span_.name = std::move(name);
  span_.attributes = std::move(attributes);
  span_.start = SystemClock().now();
}

ScopedSpan::~ScopedSpan() {
  if (span_.id.empty()) return;
  span_.end = SystemClock().now();
  span_.failed = std::uncaught_exceptions() > exceptions_;
  end_span(std::move(span_));
}

}  // namespace base
