#include "app/page.h"

#include "app/assets.h"
#include "http/static_files.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace app {
namespace {

constexpr std::array<std::string_view, 5> api_roots{"/api", "/automation", "/feeds", "/media",
                                                    "/metrics"};

bool belongs_to_api(std::string_view path) {
  return std::ranges::any_of(api_roots, [path](std::string_view root) {
    return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
  });
}

io::Task<http::Response> not_here(std::string request_id) {
  co_return http::problem(base::not_found("There is nothing at this address.").error(), request_id);
}

}  // namespace

http::Handler page() {
  return [files = http::static_files(embedded_page())](http::Request request) {
    if (belongs_to_api(request.path)) return not_here(request.request_id);
    return files(std::move(request));
  };
}

}  // namespace app
