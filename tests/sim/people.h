// The people: they write, edit, move, approve, cancel and decide at random moments, through the
// production Posts and Decisions, in a backend process of their own.
#pragma once

#include "accounts/accounts.h"
#include "media/disk_store.h"
#include "posts/posts.h"
#include "publishing/decisions.h"
#include "world.h"

#include <functional>

namespace sim {

class People {
 public:
  // `due_soon`: something became due, as a backend tells the workers.
  People(World& world, std::function<void()> due_soon);

  // Workspaces and accounts, before anything goes wrong.
  io::Task<> set_up();
  void write_post();
  // Something that a person may do, right or wrong.
  void act();
  // Whatever waits for a person gets an answer; accounts are connected and resumed.
  void clear_desk();
  // Nobody does anything any more.
  io::Task<> leave();

 private:
  using Deed = io::Task<> (People::*)();

  void start(std::string name, Deed deed);
  io::Task<> carry_out(std::string name, Deed deed);
  io::Task<> make_account(base::WorkspaceId workspace, std::string network, std::string remote_id);
  io::Task<> write();
  io::Task<> edit();
  io::Task<> move();
  io::Task<> publish_now();
  io::Task<> cancel();
  io::Task<> approve();
  io::Task<> send_back();
  io::Task<> remove();
  io::Task<> change_too_late();
  io::Task<> decide_one();
  io::Task<> pause_account();
  io::Task<> resume_accounts();
  io::Task<> connect_again();
  io::Task<> decide_all();
  io::Task<> decide(Witness::Target target);

  posts::PostInput input(const base::WorkspaceId& workspace);
  posts::When some_time();
  accounts::Principal somebody(const base::WorkspaceId& workspace) const;
  const Witness::Target* some_target();
  publishing::Decision look_and_decide(const Witness::Target& target);
  void tell(std::string_view what, const auto& result);

  World& world_;
  ProcessPtr process_;
  ProcessClock clock_;
  DatabaseDoor database_;
  accounts::Accounts accounts_;
  media::DiskStore store_;
  media::ProgramConverter converter_;
  media::Media media_;
  posts::Slots slots_;
  posts::Checks checks_;
  posts::Posts posts_;
  publishing::Decisions decisions_;
  int written_ = 0;
  bool connecting_ = false;
  io::Supervisor supervisor_;
};

}  // namespace sim
