// What preparing has reached at the network, kept in the target's row: containers made, sessions
// begun, media handed over. Whoever takes the target up after a crash goes on from there.
//
// Guarded like every change: only who holds the target, by fence and state, can save. Bounded, for
// a connector keeps names and positions there, not contents. Gone once the payload is frozen.
#pragma once

#include "db/database.h"
#include "networks/network.h"
#include "publishing/store.h"

#include <functional>

namespace publishing {

class KeptProgress final : public networks::Progress {
 public:
  static constexpr std::size_t bytes_max = 64 * 1024;

  // `work` as it was claimed; `on_lost` is told when the target turns out to be somebody else's.
  KeptProgress(db::Database& database, const Work& work, std::function<void()> on_lost);

  const json::object& value() const override { return value_; }
  io::Task<> save(json::object value) override;

 private:
  db::Database& database_;
  base::TargetId target_;
  std::int64_t fence_;
  json::object value_;
  std::function<void()> on_lost_;
};

}  // namespace publishing
