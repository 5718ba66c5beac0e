#include "accounts/event_routes.h"

namespace accounts {
namespace {

// A comment so often keeps proxies from cutting a quiet stream, and finds a client that is gone.
constexpr std::chrono::seconds heartbeat_every{15};
// Rights are asked again when the client comes back, which it does by itself.
constexpr std::chrono::minutes stream_max{15};

io::Task<> write_events(std::shared_ptr<Subscription> subscription,
                        std::shared_ptr<http::BodyWriter> writer) {
  const auto end = std::chrono::steady_clock::now() + stream_max;
  co_await writer->write("retry: 2000\n\n");
  while (std::chrono::steady_clock::now() < end) {
    const std::optional<LiveEvent> event = co_await subscription->next(heartbeat_every);
    co_await writer->write(event ? http::sse_event(event->type, event->data, event->id)
                                 : ": still here\n\n");
  }
}

}  // namespace

io::Task<http::Response> EventRoutes::stream(http::Request request) {
  const base::Result<Principal> who = principal(request, Role::viewer);
  if (!who) co_return http::problem(who.error(), request.request_id);
  const std::shared_ptr<Subscription> subscription = services_.events.subscribe(who->workspace);
  if (!subscription) {
    co_return http::problem({.status = 503,
                             .code = "too_many_streams",
                             .message = "Too many live streams are open on this server.",
                             .retry_after = 10},
                            request.request_id);
  }
  const std::string last(request.headers.get("Last-Event-ID"));
  if (!last.empty()) co_await services_.events.replay(who->workspace, last, subscription);
  http::Response response;
  response.headers.set("Content-Type", "text/event-stream");
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Accel-Buffering", "no");
  response.stream = [subscription](std::shared_ptr<http::BodyWriter> writer) {
    return write_events(subscription, std::move(writer));
  };
  co_return response;
}

}  // namespace accounts
