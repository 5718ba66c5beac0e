// Queue slots: the times of the week at which an account publishes what was queued for it.
//
// A slot instant is taken by one post only. The primary key of slot_uses decides between people who
// ask at once; whoever loses gets the slot after it.
#pragma once

#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "posts/when.h"

#include <optional>
#include <string>
#include <vector>

namespace posts {

inline constexpr std::size_t slots_per_account_max = 50;
inline constexpr int slot_days_max = 370;

struct Slot {
  std::string id;
  base::AccountId account;
  SlotTime time;
};

struct NextSlot {
  base::Instant at;
  std::string time_zone;  // of the slot
};

class Slots {
 public:
  Slots(db::Database& database, const base::Clock& clock);

  io::Task<std::vector<Slot>> list(base::WorkspaceId workspace,
                                   std::optional<base::AccountId> account);
  // The caller has seen to it that the account belongs to the workspace.
  io::Task<base::Result<Slot>> add(base::WorkspaceId workspace, base::AccountId account,
                                   SlotTime time);
  io::Task<base::Result<void>> remove(base::WorkspaceId workspace, std::string id);

  // The next free slot, without taking it.
  io::Task<base::Result<NextSlot>> next(db::Session& session, base::AccountId account);
  // Takes the next free slot for a post, in the caller's transaction.
  io::Task<base::Result<NextSlot>> take(db::Session& session, base::AccountId account,
                                        base::PostId post);
  // Gives back what a post has taken.
  static io::Task<> release(db::Session& session, base::PostId post);

 private:
  io::Task<base::Result<std::vector<NextSlot>>> free_slots(db::Session& session,
                                                           base::AccountId account);

  db::Database& database_;
  const base::Clock& clock_;
};

json::object to_json(const Slot& slot);
// Reads weekdays, time and time_zone of a request; `fallback_zone` is the workspace's.
base::Result<SlotTime> read_slot_time(const json::value& body, std::string fallback_zone);

}  // namespace posts
