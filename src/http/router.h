// The table of what a server answers. Patterns have literal segments and {names}; "{rest...}" at
// the end takes the whole remaining path. Literal beats name. A path that exists with other methods
// answers 405 with Allow; else 404.
//
//   router.get("/api/posts/{id}", handlers.get);
//
// Filters run around the handlers of patterns, in the order they were added (authentication,
// idempotency keys); not around the fallback and the router's own 404 and 405, which must answer
// when nothing else works. OPTIONS on a known path answers 204 with Allow. Handlers may throw: the
// server answers 5xx problem+json and logs the cause.
#pragma once

#include "http/message.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace http {

using Handler = std::function<io::Task<Response>(Request)>;
// Calls `next` or answers by itself.
using Filter = std::function<io::Task<Response>(Request, Handler next)>;

class Router {
 public:
  void get(std::string pattern, Handler handler) {
    add("GET", std::move(pattern), std::move(handler));
  }
  void post(std::string pattern, Handler handler) {
    add("POST", std::move(pattern), std::move(handler));
  }
  void put(std::string pattern, Handler handler) {
    add("PUT", std::move(pattern), std::move(handler));
  }
  void patch(std::string pattern, Handler handler) {
    add("PATCH", std::move(pattern), std::move(handler));
  }
  void del(std::string pattern, Handler handler) {
    add("DELETE", std::move(pattern), std::move(handler));
  }
  void add(std::string method, std::string pattern, Handler handler);
  void filter(Filter filter);
  // What answers when no pattern matches (the page's static files); it sees GET and HEAD only.
  void fallback(Handler handler);

  // What answers this request, filters included; never empty. Fills `route` and `params`. The
  // handler may be called while the router lives.
  Handler find(Request& request) const;
  // Finds the handler, fills `route` and `params`, runs the filters. HEAD runs the GET handler (the
  // server drops the body).
  io::Task<Response> handle(Request request) const;

  struct Route {
    std::string method;
    std::string pattern;
  };
  std::vector<Route> routes()
      const;  // for the test that holds the OpenAPI document against the code

 private:
  struct Entry {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    std::shared_ptr<const Handler> handler;
  };
  Handler wrap(const std::shared_ptr<const Handler>& handler) const;

  std::vector<Entry> entries_;
  std::vector<std::shared_ptr<const Filter>> filters_;
  std::shared_ptr<const Handler> fallback_;
};

}  // namespace http
