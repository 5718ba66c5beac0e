#include "http/router.h"

#include "base/check.h"
#include "base/text.h"

#include <set>

namespace http {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  CHECK(path.starts_with('/'));
  std::vector<std::string> segments;
  for (const std::string_view segment : base::split(path.substr(1), '/'))
    segments.emplace_back(segment);
  return segments;
}

bool is_name(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}
bool is_rest(std::string_view segment) { return is_name(segment) && segment.ends_with("...}"); }

// How narrow a segment of a pattern is: the narrowest pattern that matches wins.
int rank(std::string_view segment) { return is_rest(segment) ? 0 : is_name(segment) ? 1 : 2; }

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (i >= path.size()) return false;
    if (is_rest(pattern[i])) return true;
    if (is_name(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return false;
  }
  return pattern.size() == path.size();
}

bool narrower(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::lexicographical_compare(b, a, {}, rank, rank);
}

std::map<std::string, std::string, std::less<>> bind(const std::vector<std::string>& pattern,
                                                     const std::vector<std::string>& path) {
  std::map<std::string, std::string, std::less<>> params;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view segment = pattern[i];
    if (is_rest(segment)) {
      const std::vector<std::string> rest(path.begin() + static_cast<std::ptrdiff_t>(i),
                                          path.end());
      params.emplace(segment.substr(1, segment.size() - 5), base::join(rest, "/"));
    } else if (is_name(segment)) {
      params.emplace(segment.substr(1, segment.size() - 2), path[i]);
    }
  }
  return params;
}

// None of the answers below depends on a coroutine of its own: a plain function cannot lose a
// capture.
io::Task<Response> answer(Response response) { co_return response; }

Handler not_found_handler() {
  return [](const Request& request) {
    return answer(problem(
        {.status = 404, .code = "not_found", .message = "There is nothing at this address."},
        request.request_id));
  };
}

std::string allowed_methods(std::set<std::string> methods) {
  if (methods.contains("GET")) methods.insert("HEAD");
  methods.insert("OPTIONS");
  return base::join({methods.begin(), methods.end()}, ", ");
}

Handler wrong_method_handler(std::string allow) {
  return [allow = std::move(allow)](const Request& request) {
    Response response = no_content();
    if (request.method != "OPTIONS") {
      response = problem({.status = 405,
                          .code = "method_not_allowed",
                          .message = "This address answers only " + allow + "."},
                         request.request_id);
    }
    response.headers.set("Allow", allow);
    return answer(std::move(response));
  };
}

}  // namespace

void Router::add(std::string method, std::string pattern, Handler handler) {
  CHECK(handler);
  std::vector<std::string> segments = split_path(pattern);
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) CHECK(!is_rest(segments[i]));
  for (const Entry& entry : entries_) CHECK(entry.method != method || entry.pattern != pattern);
  entries_.push_back({.method = std::move(method),
                      .pattern = std::move(pattern),
                      .segments = std::move(segments),
                      .handler = std::make_shared<const Handler>(std::move(handler))});
}

void Router::filter(Filter filter) {
  filters_.push_back(std::make_shared<const Filter>(std::move(filter)));
}

void Router::fallback(Handler handler) {
  fallback_ = std::make_shared<const Handler>(std::move(handler));
}

Handler Router::wrap(const std::shared_ptr<const Handler>& handler) const {
  Handler wrapped = [handler](Request request) { return (*handler)(std::move(request)); };
  for (auto filter = filters_.rbegin(); filter != filters_.rend(); ++filter) {
    wrapped = [filter = *filter, next = std::move(wrapped)](Request request) {
      return (*filter)(std::move(request), next);
    };
  }
  return wrapped;
}

Handler Router::find(Request& request) const {
  const std::vector<std::string> path = split_path(request.path);
  const std::string_view method =
      request.method == "HEAD" ? "GET" : std::string_view(request.method);
  const Entry* best = nullptr;
  std::set<std::string> methods;
  for (const Entry& entry : entries_) {
    if (!matches(entry.segments, path)) continue;
    methods.insert(entry.method);
    if (entry.method != method) continue;
    if (best == nullptr || narrower(entry.segments, best->segments)) best = &entry;
  }
  if (best != nullptr) {
    request.route = best->pattern;
    request.params = bind(best->segments, path);
    return wrap(best->handler);
  }
  if (!methods.empty()) return wrong_method_handler(allowed_methods(std::move(methods)));
  if (fallback_ && method == "GET") {
    request.route = "/*";
    return [handler = fallback_](Request fallen) { return (*handler)(std::move(fallen)); };
  }
  return not_found_handler();
}

io::Task<Response> Router::handle(Request request) const {
  const Handler handler = find(request);
  co_return co_await handler(std::move(request));
}

std::vector<Router::Route> Router::routes() const {
  std::vector<Route> routes;
  routes.reserve(entries_.size());
  for (const Entry& entry : entries_)
    routes.push_back({.method = entry.method, .pattern = entry.pattern});
  return routes;
}

}  // namespace http
