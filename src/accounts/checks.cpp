#include "accounts/checks.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace accounts {
namespace {

constexpr std::chrono::seconds answer_within{45};

base::Error no_answer(std::string_view network) {
  return {.status = 504,
          .code = "network_timeout",
          .message = fmt::format("{} did not answer in time. Try again later.", network)};
}

// The form's fields as the request named them.
base::Error in_settings(base::Error error) {
  for (base::FieldError& field : error.fields) {
    if (!field.field.starts_with("settings")) field.field = "settings." + field.field;
  }
  return error;
}

io::Task<networks::Network::Health> ask(const networks::Network& network, networks::Context context,
                                        networks::Account account) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto answer =
      co_await (network.test(context, std::move(account)) || io::sleep_for(answer_within));
  if (auto* health = std::get_if<0>(&answer)) co_return std::move(*health);
  co_return networks::Network::Health{
      .ok = false, .broken = false, .message = no_answer(network.about().label).message};
}

}  // namespace

io::Task<base::Result<networks::Network::Health>> check_account(Services& services,
                                                                base::AccountId id) {
  base::Result<networks::Account> account = co_await services.accounts.open(id);
  networks::Network::Health health{.ok = false, .broken = true, .message = {}};
  if (!account) {
    if (account.error().status == 404) co_return base::fail(account.error());
    health.message = account.error().message;
  } else if (const networks::Network* network = networks::by_id(account->network)) {
    health = co_await ask(*network, services.networks, std::move(*account));
  } else {
    health = {.ok = false, .broken = false, .message = "This version does not know the network."};
  }
  co_await services.accounts.mark_checked(id, health);
  co_return health;
}

io::Task<base::Result<Connected>> connect_account(Services& services, base::WorkspaceId workspace,
                                                  std::string network, json::object settings) {
  using namespace boost::asio::experimental::awaitable_operators;
  const networks::Network* connector = networks::by_id(network);
  if (connector == nullptr) co_return base::invalid("network", "is not one of GET /api/networks");
  const networks::About& about = connector->about();
  const base::Result<json::object> checked = networks::check_settings(about.settings, settings);
  if (!checked) co_return base::fail(in_settings(checked.error()));
  auto answer =
      co_await (connector->connect(services.networks, *checked) || io::sleep_for(answer_within));
  auto* identity = std::get_if<0>(&answer);
  if (identity == nullptr) co_return base::fail(no_answer(about.label));
  if (!*identity) co_return base::fail(in_settings(identity->error()));
  json::object shown_once;
  for (const std::string& name : (**identity).show_once) {
    if (const json::value* secret = (**identity).credentials.if_contains(name)) {
      shown_once[name] = *secret;
    }
  }
  auto account = co_await services.accounts.connect(workspace, network, std::move(**identity));
  if (!account) co_return base::fail(account.error());
  co_return Connected{std::move(*account), std::move(shown_once)};
}

}  // namespace accounts
