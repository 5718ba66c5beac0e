#include "results/routes.h"

#include "accounts/principal.h"
#include "http/message.h"

#include <fmt/format.h>

namespace results {

namespace {

using http::Request;
using http::Response;
namespace json = boost::json;

std::string message_for(bool tells, std::size_t posts) {
  if (!tells) return "This network does not tell how posts did, so there are no best times.";
  if (posts < posts_min) {
    return fmt::format(
        "Not enough data yet: {} of at least {} posts that are a day old or more are counted.",
        posts, posts_min);
  }
  return fmt::format("From likes, reposts and replies of {} posts.", posts);
}

json::object to_json(const BestTime& time) {
  return {{"weekday", time.weekday},
          {"time", fmt::format("{:02}:00", time.hour)},
          {"at", base::format_rfc3339(time.next)},
          {"posts", time.posts},
          {"percent_above_average", time.percent}};
}

class Api {
 public:
  Api(Results& results, accounts::Accounts& accounts, const base::Clock& clock)
      : results_(results), accounts_(accounts), clock_(clock) {}

  io::Task<Response> best_times(Request request) {
    auto who = accounts::principal(request, accounts::Role::viewer);
    if (!who) co_return http::problem(who.error(), request.request_id);
    const base::AccountId account{request.param("id")};
    const auto view = co_await accounts_.get(who->workspace, account);
    if (!view) co_return http::problem(view.error(), request.request_id);
    const std::string zone(request.query.get("time_zone").value_or(who->time_zone));
    if (!base::is_time_zone(zone)) {
      co_return http::problem(base::invalid("time_zone", "is not a time zone").error(),
                              request.request_id);
    }
    const auto outcomes = co_await results_.outcomes(account);
    json::array items;
    for (const BestTime& time : results::best_times(outcomes, zone, clock_.now())) {
      items.push_back(to_json(time));
    }
    const bool tells = Results::tells(view->network);
    co_return http::json_response(json::object{{"items", std::move(items)},
                                               {"time_zone", zone},
                                               {"posts", outcomes.size()},
                                               {"posts_needed", posts_min},
                                               {"message", message_for(tells, outcomes.size())}});
  }

 private:
  Results& results_;
  accounts::Accounts& accounts_;
  const base::Clock& clock_;
};

}  // namespace

void bind(http::Router& router, Results& results, accounts::Accounts& accounts,
          const base::Clock& clock) {
  auto api = std::make_shared<Api>(results, accounts, clock);
  router.get("/api/accounts/{id}/best-times",
             [api](Request request) { return api->best_times(std::move(request)); });
}

}  // namespace results
