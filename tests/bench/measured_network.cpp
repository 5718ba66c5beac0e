#include "measured_network.h"

#include "base/json.h"

namespace bench {

namespace json = networks::json;

InstantNetwork::InstantNetwork(networks::RetryClass retry)
    : about_{.id = "instant",
             .label = "Instant",
             .color = "#000000",
             .retry = retry,
             .retry_note = "Answers at once.",
             .limits = {.text_max = 300},
             .settings = {}} {}

io::Task<base::Result<networks::Identity>> InstantNetwork::connect(networks::Context,
                                                                   json::object) const {
  co_return networks::Identity{};
}

io::Task<networks::Network::Health> InstantNetwork::test(networks::Context,
                                                         networks::Account) const {
  co_return Health{};
}

io::Task<networks::Prepared> InstantNetwork::prepare(networks::Context, networks::Account account,
                                                     networks::Content content,
                                                     networks::Key key) const {
  co_return networks::Frozen{
      json::serialize(json::object{{"key", key.value},
                                   {"account", account.handle},
                                   {"created_at", base::format_rfc3339(key.created_at)},
                                   {"text", content.parts.at(0).text}})};
}

io::Task<networks::Outcome> InstantNetwork::publish(networks::Context, networks::Account,
                                                    networks::Frozen frozen) const {
  const auto payload = base::parse_json(frozen.payload);
  const std::string key = base::text_at(*payload, "/key");
  co_return networks::Published{
      .remote_id = key, .url = "https://instant.example/" + key, .reference = {{"id", key}}};
}

io::Task<networks::Found> InstantNetwork::find(networks::Context, networks::Account,
                                               networks::Frozen) const {
  co_return networks::CannotKnow{.reason = "It keeps nothing."};
}

MeasuredNetwork::MeasuredNetwork(const networks::Network& inner, const base::Clock& clock)
    : inner_(inner), clock_(clock) {}

io::Task<networks::Outcome> MeasuredNetwork::publish(networks::Context context,
                                                     networks::Account account,
                                                     networks::Frozen frozen) const {
  starts_.push_back(clock_.now());
  return inner_.publish(std::move(context), std::move(account), std::move(frozen));
}

}  // namespace bench
