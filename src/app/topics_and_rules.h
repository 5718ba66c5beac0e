// Watch lists, notices and rules, wired together: a part of Modules.
//
// Making it starts nothing. Not copied, not moved: routes and tasks keep references into it.
#pragma once

#include "app/doors.h"
#include "app/process.h"
#include "notices/troubles.h"
#include "rules/engine.h"
#include "topics/routes.h"
#include "topics/watching.h"
#include "trends/service.h"

namespace app {

class TopicsAndRules {
 public:
  struct Parts {
    jobs::Leases& leases;
    jobs::Queue& queue;
    trends::Board& board;
    accounts::Accounts& accounts;
    posts::Posts& posts;
    captions::Services captions;
    // Tells the page; the change is done.
    std::function<void(base::WorkspaceId, json::object)> changed;
  };
  TopicsAndRules(Process& process, Doors& doors, Parts parts);
  TopicsAndRules(const TopicsAndRules&) = delete;
  TopicsAndRules& operator=(const TopicsAndRules&) = delete;

  void add_backend();
  void add_automation(trends::Service& detection);
  void add_worker();

  // For trends::Doors::rating.
  io::Task<std::optional<trends::Rating>> rating(base::WorkspaceId workspace, std::string list);
  // An account broke or a target changed: people may have to be told.
  void look_for_troubles() { troubles_.look_soon(); }

 private:
  Process& process_;
  Parts parts_;
  topics::Services topics_;
  topics::Watching watching_;
  notices::SmtpMailer mailer_;
  notices::Notices notices_;
  notices::Troubles troubles_;
  captions::Captioning captioning_;
  rules::Store rules_;
  rules::Engine engine_;
};

}  // namespace app
