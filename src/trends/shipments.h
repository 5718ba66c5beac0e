// Shipments: what the readers of all processes have heard, on its way to the one that counts.
//
// A part is a source, or one part of a source's authors. A shipment is written in one transaction
// with the cursor of its reader, under the reader's fence, with the next number of its part: a
// mention is in the table exactly when the cursor is behind it, so whoever reads on after a crash
// neither loses nor repeats one. The process that counts removes shipments in the transaction of
// the snapshot that holds them; what is there after a restart is what the snapshot lacks. Bounded:
// prune() drops what nobody has come to count. Not thread-safe: one per loop.
#pragma once

#include "base/time.h"
#include "db/database.h"
#include "trends/source_store.h"

#include <map>
#include <string>
#include <vector>

namespace trends {

struct Shipment {
  std::string part;
  std::int64_t number = 0;
  std::int64_t mentions = 0;
  std::string bytes = {};  // TickSummary::encode
};

class Shipments {
 public:
  Shipments(db::Database& database, const base::Clock& clock);

  // Number of the last one of a part.
  io::Task<std::int64_t> last_number(std::string part);
  // False when the part has another reader by now. Written once, also when it is asked for again
  // because nobody knows whether the first time went through. An empty one moves the cursor only.
  io::Task<bool> ship(Shipment shipment, Standing standing);

  // The newest number of each part that is counted.
  using Positions = std::map<std::string, std::int64_t>;
  struct Arrived {
    std::vector<Shipment> shipments = {};
    bool more = false;  // than are fetched at once
  };
  io::Task<Arrived> after(Positions counted);
  // In the transaction of the snapshot that holds them.
  static io::Task<> forget(db::Session& session, Positions counted);
  // Drops what nobody counted since; how many.
  io::Task<std::int64_t> prune(base::Instant made_before);

  // A sign of life of a process that reads; answers how many there are.
  io::Task<std::size_t> beat(std::string process);
  io::Task<> leave(std::string process);

 private:
  db::Database& database_;
  const base::Clock& clock_;
};

}  // namespace trends
