#include "captions/routes.h"

#include "accounts/principal.h"

namespace captions {
namespace {

class CaptionRoutes {
 public:
  explicit CaptionRoutes(Services services) : captioning_(std::move(services)) {}

  io::Task<http::Response> compose(http::Request request) {
    const base::Result<accounts::Principal> who =
        accounts::principal(request, accounts::Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const base::Result<json::value> body = http::json_body(request);
    if (!body) co_return http::problem(body.error(), request.request_id);
    const auto caption = co_await captioning_.compose(who->workspace, *body);
    if (!caption) co_return http::problem(caption.error(), request.request_id);
    co_return http::json_response(*caption);
  }

 private:
  Captioning captioning_;
};

}  // namespace

void bind(http::Router& router, Services services) {
  auto routes = std::make_shared<CaptionRoutes>(std::move(services));
  router.post("/automation/api/ai/caption",
              [routes](http::Request request) { return routes->compose(std::move(request)); });
}

}  // namespace captions
