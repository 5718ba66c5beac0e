#include "publishing/routes.h"

#include "accounts/principal.h"
#include "base/json.h"
#include "http/message.h"

namespace publishing {

namespace {

using http::Request;
using http::Response;

class Api {
 public:
  Api(Decisions& decisions, posts::Posts& posts, media::Media& media)
      : decisions_(decisions), posts_(posts), media_(media) {}

  io::Task<Response> decide(Request request) {
    auto who = accounts::principal(request, accounts::Role::editor);
    if (!who) co_return http::problem(who.error(), request.request_id);
    auto decision = read_decision(request);
    if (!decision) co_return http::problem(decision.error(), request.request_id);
    const base::PostId post{request.param("id")};
    auto done =
        co_await decisions_.decide(*who, post, base::TargetId{request.param("target")}, *decision);
    if (!done) co_return http::problem(done.error(), request.request_id);
    auto shown = co_await posts_.get(who->workspace, post);
    if (!shown) co_return http::problem(shown.error(), request.request_id);
    co_return http::json_response(
        posts::to_json(*shown, [this](const base::MediaId& id) { return media_.link(id); }));
  }

 private:
  static base::Result<Decision> read_decision(const Request& request) {
    auto body = http::json_body(request);
    if (!body) return std::unexpected(body.error());
    base::JsonReader in(*body);
    auto decision = parse_decision(in.text("decision", {.min = 1, .max = 40}));
    if (!decision) in.error("decision", "is one of it_was_published, send_again, give_up");
    if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
    return *decision;
  }

  Decisions& decisions_;
  posts::Posts& posts_;
  media::Media& media_;
};

}  // namespace

void bind(http::Router& router, Decisions& decisions, posts::Posts& posts, media::Media& media,
          FeedStore& feeds, std::string public_url) {
  auto api = std::make_shared<Api>(decisions, posts, media);
  router.post("/api/posts/{id}/targets/{target}/decide",
              [api](Request request) { return api->decide(std::move(request)); });
  bind_feeds(router, feeds, std::move(public_url));
}

}  // namespace publishing
