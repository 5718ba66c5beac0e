// What Threads and Instagram have in common as connectors: all but their names and limits.
//
// Class A: a container is published once, so its id is the key. After a lost answer its status says
// whether it was; the post itself is then looked for among the account's own, for its address.
#pragma once

#include "networks/meta/containers.h"

namespace networks::meta {

class ContainerNetwork : public Network {
 public:
  ContainerNetwork(About about, Dialect dialect, Budget budget)
      : about_(std::move(about)), dialect_(std::move(dialect)), budget_(std::move(budget)) {}

  const About& about() const override { return about_; }

  io::Task<base::Result<Identity>> connect(Context context, json::object settings) const override;
  io::Task<Health> test(Context context, Account account) const override;
  std::vector<Budget> budgets(const Account& account) const override;
  std::optional<base::Instant> renew_at(const Account& account) const override;
  io::Task<Renewal> renew(Context context, Account account) const override;

  io::Task<Prepared> prepare(Context context, Account account, Content content,
                             Key key) const override;
  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override;
  io::Task<Found> find(Context context, Account account, Frozen frozen) const override;

 private:
  Graph graph_of(Context context, const json::object& credentials) const;
  // Asks how much may be published; best effort, into `details`.
  io::Task<> ask_quota(Graph graph, std::string user, json::object* details) const;
  // What became of a container that could not be published now.
  io::Task<Outcome> after_refusal(Context context, Account account, Frozen frozen,
                                  Failure failure) const;
  io::Task<Found> look_for_post(Containers containers, json::object payload,
                                bool surely_there) const;

  About about_;
  Dialect dialect_;
  Budget budget_;
};

// The fields of the form that both have.
std::vector<Setting> token_settings(std::string token_help, std::string server);

}  // namespace networks::meta
