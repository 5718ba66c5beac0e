// Runner: keeps one reader per enabled source, each under its lease, and passes on what they bring.
//
// It looks at the table of sources every few seconds, so a change made over the API by another
// process is noticed. A reader that fails is started again from its last cursor with a growing
// pause; one whose lease is lost or has run out is ended at once and writes nothing more (its fence
// is old). Two runners on one database share the sources between them, evenly if they are told how
// many there are (hooks). Everything of a mention that
// a stranger decides is bounded before it is passed on.
//
// Cursors are not saved here: they belong with the snapshot of the detector that counted the
// mentions (standings()). Not thread-safe: one per loop.
#pragma once

#include "jobs/leases.h"
#include "trends/source.h"
#include "trends/source_store.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace trends {

struct Delivery {
  std::string source;  // id of its row; of a part of its authors: "ID#1/3"
  std::string type;    // "jetstream"
  std::string
      run;  // another one each time the reader was begun anew (not when it was only taken up again)
  bool separate = false;
  bool generated = false;
  double weight = 1;  // of the source: the share of its authors that counts
  std::vector<Mention> mentions = {};
  std::vector<std::string> gone = {};  // ids that were deleted or changed at the source
  // To be called when the mentions are counted, with no co_await between the counting and the call:
  // moves the cursor.
  std::function<void()> counted;
};

// Returns when the mentions are counted: backpressure. Called one at a time per source.
using Consumer = std::function<io::Task<>(Delivery)>;

struct RunnerOptions {
  std::chrono::milliseconds look_every{2'000};
  std::chrono::milliseconds lease_ttl{15'000};
  std::chrono::milliseconds backoff_min{1'000};
  std::chrono::milliseconds backoff_max{300'000};
  std::chrono::milliseconds stable_after{
      60'000};  // a reader that ran this long starts its backoff anew
  // Into how many parts the authors of a shared source are divided; each has a reader and a lease.
  std::size_t parts = 1;
};

struct RunnerHooks {
  // Which sources are read here; empty: all.
  std::function<bool(const SourceAbout&)> reads = {};
  // Of so many readers, how many may be here; empty: all.
  std::function<io::Task<std::size_t>(std::size_t wanted)> share = {};
  // A reader has ended and its lease goes back after this, unless it is lost already (not `ours`).
  // With it, where the reader stood is forgotten then: the database knows.
  std::function<io::Task<>(std::string part, bool ours)> settle = {};
};

class Runner {
 public:
  Runner(io::Executor executor, SourceStore& store, jobs::Leases& leases, const base::Clock& clock,
         SourceContext context, RunnerOptions options, Consumer consumer, RunnerHooks hooks = {});
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Until cancelled. Does not end the readers: call stop() then.
  io::Task<> run();
  // One look at the table: begins, ends, renews, reports. run() does it every look_every.
  io::Task<> look();
  // Looks at once instead of at the next turn.
  void look_soon();

  // Ends all readers; the leases stay until release(), so that standings() can still be saved.
  io::Task<> stop();
  // Gives the leases back: another process may go on at once.
  io::Task<> release();

  // Where every source of this process stands (also ended ones, until release()).
  std::vector<Standing> standings() const;
  std::optional<Standing> standing(const std::string& part) const;
  std::size_t reading() const;
  // There is a reader of this source here (it may have come to its end).
  bool reads(const std::string& id) const;

 private:
  class Reading;
  struct Part {
    SourceRow row;
    std::size_t index = 0;
    std::size_t of = 1;
  };
  using Parts = std::map<std::string, Part>;  // by "ID" or "ID#1/3"

  Parts parts_of(std::vector<SourceRow> rows) const;
  io::Task<> look_at(std::vector<SourceRow> rows);
  io::Task<> end_surplus(std::size_t share);
  io::Task<> begin(std::string id, Part part);
  io::Task<> end(std::string id, bool keep_standing);
  io::Task<> settle(std::string id, bool ours);
  io::Task<bool> renew(std::string id);
  io::Task<> end_expired();

  io::Executor executor_;
  SourceStore& store_;
  jobs::Leases& leases_;
  const base::Clock& clock_;
  SourceContext context_;
  RunnerOptions options_;
  Consumer consumer_;
  RunnerHooks hooks_;
  io::Event look_soon_;
  std::map<std::string, std::unique_ptr<Reading>> readings_;
  std::map<std::string, jobs::Lease> held_;  // leases of ended readers, until release()
  std::map<std::string, Standing> standings_;
  bool stopping_ = false;
};

}  // namespace trends
