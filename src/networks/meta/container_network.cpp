#include "networks/meta/container_network.h"

#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/address.h"
#include "networks/fields.h"
#include "networks/server.h"

namespace networks::meta {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Networks throw containers away after a day.
constexpr hours steps_life{20};
// A token must be a day old before it can be renewed; how old a pasted one is, nobody says.
constexpr hours first_renewal{25};
constexpr seconds token_life_usual = hours(24 * 60);
constexpr seconds renew_ahead = hours(24 * 10);

// Instagram publishes under `user_id`; its `id` is another.
std::string user_of(const json::object& profile) {
  auto id = text_field(profile, "user_id");
  return id.empty() ? text_field(profile, "id") : id;
}

}  // namespace

std::vector<Setting> token_settings(std::string token_help, std::string server) {
  return {{.key = "access_token",
           .label = "Access token",
           .help = std::move(token_help),
           .type = Setting::Type::secret},
          server_setting(std::move(server))};
}

Graph ContainerNetwork::graph_of(Context context, const json::object& credentials) const {
  return {context, dialect_.label, text_field(credentials, "server"),
          text_field(credentials, "access_token")};
}

io::Task<base::Result<Identity>> ContainerNetwork::connect(Context context,
                                                           json::object settings) const {
  auto checked = check_settings(about_.settings, settings);
  if (!checked) co_return std::unexpected(checked.error());
  const auto server = server_of(*checked);
  if (!server) co_return std::unexpected(server.error());
  (*checked)["server"] = *server;
  auto graph = graph_of(context, *checked);
  const auto profile =
      co_await graph.get(dialect_.version + "/me", {{"fields", dialect_.user_fields}});
  if (!profile) {
    co_return std::unexpected(while_connecting(profile.error().outcome, "access_token"));
  }
  const auto id = user_of(*profile);
  if (id.empty()) {
    co_return base::invalid("server", fmt::format("This is not the API of {}.", dialect_.label));
  }
  const auto name = clean_words(text_field(*profile, "username"));
  json::object details{{"user_id", id}};
  co_await ask_quota(std::move(graph), id, &details);
  json::object credentials = std::move(*checked);
  credentials["renew_at"] = base::to_micros(context.clock->now() + first_renewal);
  auto avatar = web_address(text_field(*profile, "threads_profile_picture_url"));
  if (avatar.empty()) avatar = web_address(text_field(*profile, "profile_picture_url"));
  auto display_name = clean_words(text_field(*profile, "name"));
  co_return Identity{.remote_id = id,
                     .handle = name.empty() ? id : "@" + name,
                     .display_name = display_name.empty() ? name : display_name,
                     .avatar_url = std::move(avatar),
                     .details = std::move(details),
                     .credentials = std::move(credentials)};
}

io::Task<Network::Health> ContainerNetwork::test(Context context, Account account) const {
  auto graph = graph_of(context, account.credentials);
  const auto profile =
      co_await graph.get(dialect_.version + "/me", {{"fields", dialect_.user_fields}});
  if (!profile) co_return while_testing(profile.error().outcome);
  if (user_of(*profile) != account.remote_id) {
    co_return Health{.ok = false, .message = dialect_.label + " does not answer for this account."};
  }
  Health health{.details = account.details};
  co_await ask_quota(std::move(graph), account.remote_id, &health.details);
  co_return health;
}

io::Task<> ContainerNetwork::ask_quota(Graph graph, std::string user, json::object* details) const {
  const auto reply = co_await graph.get(
      fmt::format("{}/{}/{}", dialect_.version, base::url_encode(user), dialect_.quota),
      {{"fields", "quota_usage,config"}});
  if (!reply) co_return;
  const json::value answer = *reply;
  const auto total = base::integer_at(answer, "/data/0/config/quota_total");
  if (total > 0 && total < 1'000'000) (*details)["quota_total"] = total;
}

std::vector<Budget> ContainerNetwork::budgets(const Account& account) const {
  auto budget = budget_;
  if (const auto told = integer_field(account.details, "quota_total"); told > 0) {
    budget.units = told;
  }
  return {std::move(budget)};
}

std::optional<base::Instant> ContainerNetwork::renew_at(const Account& account) const {
  const auto at = integer_field(account.credentials, "renew_at");
  if (at == 0) return std::nullopt;
  return base::from_micros(at);
}

io::Task<Renewal> ContainerNetwork::renew(Context context, Account account) const {
  auto reply = co_await graph_of(context, account.credentials)
                   .get("/refresh_access_token", {{"grant_type", dialect_.refresh_grant}});
  if (!reply) {
    auto& outcome = reply.error().outcome;
    if (auto* broken = std::get_if<AccountBroken>(&outcome)) co_return std::move(*broken);
    if (auto* later = std::get_if<RetryLater>(&outcome)) co_return std::move(*later);
    // "Not old enough yet" is refused like anything else: the token still works.
    const bool refused = std::holds_alternative<Rejected>(outcome);
    co_return RetryLater{.after = refused ? seconds(hours(24)) : seconds(0),
                         .reason = reason_of(outcome)};
  }
  const auto token = text_field(*reply, "access_token");
  if (token.empty()) {
    co_return RetryLater{.reason = dialect_.label + ": the answer to a renewal has no token"};
  }
  auto life = seconds(integer_field(*reply, "expires_in"));
  if (life.count() <= 0 || life > 2 * token_life_usual) life = token_life_usual;
  const auto pause = std::max(life - renew_ahead, life / 2);
  auto credentials = account.credentials;
  credentials["access_token"] = token;
  credentials["renew_at"] = base::to_micros(context.clock->now() + pause);
  co_return Renewed{std::move(credentials)};
}

io::Task<Prepared> ContainerNetwork::prepare(Context context, Account account, Content content,
                                             Key key) const {
  CHECK(content.parts.size() == 1);
  Steps steps(context, content, steps_life);
  const auto text = content.parts.front().text;
  auto graph = graph_of(context, account.credentials);
  Containers containers(dialect_, std::move(graph), std::move(account));
  auto made = co_await containers.make(std::move(content), &steps);
  if (auto* not_yet = std::get_if<Prepared>(&made)) co_return std::move(*not_yet);
  co_return Frozen{json::serialize(json::object{{"key", key.value},
                                                {"created_at", base::to_micros(key.created_at)},
                                                {"container", std::get<std::string>(made)},
                                                {"text", text}})};
}

io::Task<Outcome> ContainerNetwork::publish(Context context, Account account, Frozen frozen) const {
  const auto payload = thaw(frozen);
  auto graph = graph_of(context, account.credentials);
  const auto reply =
      co_await graph.post(fmt::format("{}/{}/{}", dialect_.version,
                                      base::url_encode(account.remote_id), dialect_.publish),
                          {{"creation_id", text_field(payload, "container")}});
  if (!reply) {
    if (is_not_available(reply.error())) {
      co_return co_await after_refusal(context, std::move(account), std::move(frozen),
                                       reply.error());
    }
    co_return reply.error().outcome;
  }
  const auto id = text_field(*reply, "id");
  if (id.empty()) co_return Unknown{dialect_.label + ": the answer cannot be read"};
  // It is out, whether or not the network says where.
  Containers containers(dialect_, std::move(graph), std::move(account));
  co_return published(id, co_await containers.permalink_of(id));
}

io::Task<Outcome> ContainerNetwork::after_refusal(Context context, Account account, Frozen frozen,
                                                  Failure failure) const {
  const auto payload = thaw(frozen);
  auto graph = graph_of(context, account.credentials);
  Containers containers(dialect_, std::move(graph), std::move(account));
  const auto state = co_await containers.state_of(text_field(payload, "container"));
  if (!state) co_return Unknown{reason_of(failure.outcome)};
  switch (state->status) {
    case ContainerStatus::published: {
      auto found = co_await look_for_post(std::move(containers), payload, true);
      if (auto* there = std::get_if<Published>(&found)) co_return std::move(*there);
      break;
    }
    case ContainerStatus::working:
    case ContainerStatus::finished:
      co_return RetryLater{.after = seconds(10), .reason = reason_of(failure.outcome)};
    case ContainerStatus::expired:
    case ContainerStatus::failed:
      co_return Rejected{
          .code = "container_gone",
          .reason = "The prepared post has expired on the network: schedule it again."};
  }
  co_return Unknown{reason_of(failure.outcome)};
}

io::Task<Found> ContainerNetwork::find(Context context, Account account, Frozen frozen) const {
  auto payload = thaw(frozen);
  auto graph = graph_of(context, account.credentials);
  Containers containers(dialect_, std::move(graph), std::move(account));
  const auto state = co_await containers.state_of(text_field(payload, "container"));
  // Containers cannot always be read back; the list of posts may have it all the same.
  if (!state) co_return co_await look_for_post(std::move(containers), std::move(payload), false);
  switch (state->status) {
    case ContainerStatus::published:
      co_return co_await look_for_post(std::move(containers), std::move(payload), true);
    case ContainerStatus::finished:
    case ContainerStatus::expired:
    case ContainerStatus::failed:
      co_return NotThere{};
    case ContainerStatus::working:
      break;
  }
  co_return CannotKnow{.reason = dialect_.label + " is still at work on the post",
                       .try_again = true};
}

io::Task<Found> ContainerNetwork::look_for_post(Containers containers, json::object payload,
                                                bool surely_there) const {
  auto post = co_await containers.post_of(text_field(payload, "text"),
                                          base::from_micros(integer_field(payload, "created_at")));
  if (!post) co_return CannotKnow{.reason = reason_of(post.error().outcome), .try_again = true};
  if (*post) co_return std::move(**post);
  // Out, and not to be told from others: the container stands for it. Never the newest post
  // instead.
  if (surely_there) co_return published(text_field(payload, "container"), "");
  co_return CannotKnow{.reason = dialect_.label + ": neither the container nor the post is shown",
                       .try_again = true};
}

}  // namespace networks::meta
