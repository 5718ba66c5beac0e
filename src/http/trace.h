// Names of a request across processes: W3C trace context and request ids. Pure but for the random
// numbers.
#pragma once

#include <string>
#include <string_view>

namespace http {

// A traceparent for this request: a new span in the trace that came in, or in a new trace when none
// well-formed did.
std::string continue_trace(std::string_view incoming);

// The trace id inside a traceparent made by continue_trace().
std::string_view trace_id(std::string_view trace_parent);

// The X-Request-Id that came in when it is short and plain, else a new one.
std::string take_request_id(std::string_view incoming);

}  // namespace http
