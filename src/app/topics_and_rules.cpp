#include "app/topics_and_rules.h"

#include "notices/routes.h"
#include "rules/routes.h"

namespace app {
namespace {

// Whose items rules may act on one by one.
constexpr std::string_view feed_type = "feed";

}  // namespace

TopicsAndRules::TopicsAndRules(Process& process, Doors& doors, Parts parts)
    : process_(process),
      parts_(std::move(parts)),
      topics_(*doors.database, process.clock, parts_.board),
      watching_(topics_.lists),
      mailer_(process.settings.notices, process.clock),
      notices_({.database = *doors.database,
                .clock = process.clock,
                .vault = doors.vault,
                .queue = parts_.queue,
                .http = *doors.client,
                .mailer = mailer_,
                .public_url = process.settings.public_url}),
      troubles_(process.loop.get_executor(), *doors.database, parts_.leases, notices_),
      captioning_(parts_.captions),
      rules_(*doors.database, process.clock),
      engine_({.database = *doors.database,
               .clock = process.clock,
               .leases = parts_.leases,
               .lists = topics_.lists,
               .board = parts_.board,
               .captioning = captioning_,
               .posts = parts_.posts,
               .notices = notices_},
              rules_) {
  topics_.public_url = process.settings.public_url;
  topics_.changed = parts_.changed;
}

void TopicsAndRules::add_backend() {
  topics::bind(*process_.router, topics_);
  notices::bind(*process_.router, notices_);
  rules::bind(*process_.router, {.store = rules_,
                                 .engine = engine_,
                                 .lists = topics_.lists,
                                 .accounts = parts_.accounts,
                                 .changed = parts_.changed});
}

void TopicsAndRules::add_automation(trends::Service& detection) {
  detection.on_mentions([this](const trends::Delivery& delivery) {
    if (delivery.generated) return;  // invented
    watching_.see(delivery.type, delivery.mentions, delivery.type == feed_type);
  });
  process_.tasks.start("watch lists", [this] { return watching_.run(); });
  process_.tasks.start("rules", [this] { return engine_.run(); });
}

void TopicsAndRules::add_worker() {
  notices_.handle();
  process_.tasks.start("troubles", [this] { return troubles_.run(); });
}

io::Task<std::optional<trends::Rating>> TopicsAndRules::rating(base::WorkspaceId workspace,
                                                               std::string list) {
  return topics_.rating(std::move(workspace), std::move(list));
}

}  // namespace app
