// Who is asking, remembered for a second: a script that asks a thousand times costs one look at the
// database, and so does one that asks in vain.
//
// What takes away rights calls changed(): from then on nobody is known here any more, and the other
// processes are told (on_change) to forget() as well. One that does not hear of it knows better
// within the second. Not thread-safe: one per loop.
#pragma once

#include "accounts/principal.h"
#include "base/time.h"
#include "io/memo.h"

#include <functional>
#include <optional>
#include <string>

namespace accounts {

class Principals {
 public:
  using Found = std::optional<Principal>;

  static constexpr std::chrono::seconds keep{1};

  Principals(io::Executor executor, const base::Clock& clock);

  // Of a token or the token of a session, found out by `look` when it is not known.
  io::Task<Found> find(std::string credential, std::function<io::Task<Found>()> look);

  // Sessions, tokens, roles or workspaces were changed, here.
  void changed();
  // Or elsewhere.
  void forget() { memo_.forget_all(); }
  void on_change(std::function<void()> tell) { tell_ = std::move(tell); }

 private:
  io::Memo<Found> memo_;
  std::function<void()> tell_;
};

}  // namespace accounts
