// A network that notes when each sending starts, in front of another one that does the work.
#pragma once

#include "networks/network.h"

#include <vector>

namespace bench {

// Takes everything at once, in the same process: what is measured is ours alone.
class InstantNetwork final : public networks::Network {
 public:
  explicit InstantNetwork(networks::RetryClass retry);

  const networks::About& about() const override { return about_; }
  io::Task<base::Result<networks::Identity>> connect(networks::Context,
                                                     networks::json::object) const override;
  io::Task<Health> test(networks::Context, networks::Account) const override;
  io::Task<networks::Prepared> prepare(networks::Context, networks::Account, networks::Content,
                                       networks::Key) const override;
  io::Task<networks::Outcome> publish(networks::Context, networks::Account,
                                      networks::Frozen) const override;
  io::Task<networks::Found> find(networks::Context, networks::Account,
                                 networks::Frozen) const override;

 private:
  networks::About about_;
};

class MeasuredNetwork final : public networks::Network {
 public:
  MeasuredNetwork(const networks::Network& inner, const base::Clock& clock);

  // When each sending started, in order.
  const std::vector<base::Instant>& starts() const { return starts_; }

  const networks::About& about() const override { return inner_.about(); }
  networks::RetryClass retry_class(const networks::Account& account) const override {
    return inner_.retry_class(account);
  }
  io::Task<base::Result<networks::Identity>> connect(networks::Context context,
                                                     networks::json::object form) const override {
    return inner_.connect(std::move(context), std::move(form));
  }
  io::Task<Health> test(networks::Context context, networks::Account account) const override {
    return inner_.test(std::move(context), std::move(account));
  }
  io::Task<networks::Prepared> prepare(networks::Context context, networks::Account account,
                                       networks::Content content,
                                       networks::Key key) const override {
    return inner_.prepare(std::move(context), std::move(account), std::move(content),
                          std::move(key));
  }
  io::Task<networks::Outcome> publish(networks::Context context, networks::Account account,
                                      networks::Frozen frozen) const override;
  io::Task<networks::Found> find(networks::Context context, networks::Account account,
                                 networks::Frozen frozen) const override {
    return inner_.find(std::move(context), std::move(account), std::move(frozen));
  }

 private:
  const networks::Network& inner_;
  const base::Clock& clock_;
  mutable std::vector<base::Instant> starts_;
};

}  // namespace bench
