// Whom the networks let in, and how tokens are renewed.
#include "base/json.h"
#include "internet.h"

namespace sim {

namespace {

using namespace std::chrono_literals;

}  // namespace

Internet::Pair Internet::make_pair() {
  return {.token = "token-" + std::to_string(random_.next()),
          .refresh = "refresh-" + std::to_string(random_.next())};
}

json::object Internet::credentials_of(const Pair& pair) const {
  const base::Instant until = scheduler_.now() + 3min;
  return {{"token", pair.token}, {"refresh", pair.refresh}, {"until", base::to_micros(until)}};
}

void Internet::revoke(const std::string& account) {
  story_.tell("network", "takes back the grant of {}", account);
  grants_[account].revoked = true;
}

json::object Internet::grant(const std::string& account) {
  story_.tell("network", "lets {} in anew", account);
  grants_[account] = {.revoked = false, .now = make_pair(), .next = std::nullopt};
  return credentials_of(grants_[account].now);
}

bool Internet::admits(const Request& request) {
  Grant& grant = grants_[request.account];
  if (grant.revoked) return false;
  if (grant.next && grant.next->token == request.token) {
    grant.now = *std::exchange(grant.next, std::nullopt);
  }
  const bool known = grant.now.token == request.token;
  if (!known) story_.tell("network", "does not know what {} shows for it", request.sender->name);
  return known;
}

void Internet::renew(ExchangePtr exchange) {
  const Request& request = exchange->request;
  Grant& grant = grants_[request.account];
  if (grant.next && grant.next->refresh == request.payload) {
    grant.now = *std::exchange(grant.next, std::nullopt);
  }
  if (grant.revoked || grant.now.refresh != request.payload) {
    story_.tell("network", "does not renew {} for {}", request.account, request.sender->name);
    return reply(exchange, {.status = 401, .headers = {}, .body = "{}", .url = {}});
  }
  grant.next = make_pair();
  story_.tell("network", "renews {} for {}", request.account, request.sender->name);
  if (luck(&Weather::reply_lost)) {
    return lose(exchange, "the renewed pair is lost on its way back",
                random_.between(base::Duration{1s}, 60s));
  }
  reply(exchange, {.status = 200,
                   .headers = {},
                   .body = json::serialize(credentials_of(*grant.next)),
                   .url = {}});
}

}  // namespace sim
