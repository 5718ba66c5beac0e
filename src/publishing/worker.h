// The worker: takes what falls due and publishes it, exactly once.
//
//   claim -> prepare -> write ahead -> wait for the instant -> publish -> record
//
// It claims a few seconds ahead, so that a burst at the full hour finds everything prepared and
// costs sending time only. Nothing is sent before the attempt (key and frozen payload) is durable,
// and nothing after the lease is over. An exception, a time-out or a crash after that is *unknown*:
// the reconciler asks the network, and only then is the very same payload sent again. Blind
// networks are never repeated without a person's word, and write ahead only at the very instant, so
// that a crash while waiting does not cost a question.
//
// Always on in every worker: renewal of leases, the sweeper (expired leases, accounts that are
// connected again) and look-ups. Any number of workers may run on one PostgreSQL database. All
// doors (database, clock, sleep, chance, networks, accounts) are given, so tests and the simulator
// drive this very code. Not thread-safe: one per loop.
#pragma once

#include "base/time.h"
#include "db/database.h"
#include "io/task.h"
#include "networks/network.h"
#include "posts/checks.h"
#include "publishing/account_door.h"
#include "publishing/breakers.h"
#include "publishing/budgets.h"
#include "publishing/commits.h"
#include "publishing/freshness.h"
#include "publishing/leased_doors.h"
#include "publishing/machine.h"
#include "publishing/news.h"
#include "publishing/rests.h"
#include "publishing/store.h"
#include "publishing/turns.h"

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace publishing {

struct WorkerDoors {
  db::Database* database = nullptr;
  const base::Clock* clock = nullptr;
  AccountDoor* accounts = nullptr;
  posts::NetworkLookup networks;  // networks::by_id in the program
  networks::Context context;
  // The images of a post, with bytes and made to fit an account's limits: media::Media::load.
  std::function<io::Task<base::Result<std::vector<networks::Image>>>(
      base::WorkspaceId, std::vector<base::MediaId>, networks::Limits)>
      images;
  // Looks at the trends that posts were made from; may be null.
  FreshnessDoor* freshness = nullptr;
  // Live events, {"type": "target", "id", "post_id"} and of a burst {"type": "resync"}; may be
  // empty.
  std::function<void(base::WorkspaceId, json::object)> changed = {};
  std::function<io::Task<>(base::Duration)> sleep = {};  // empty: the steady clock
  std::function<double()> chance = {};                   // in [0, 1); empty: random
};

struct WorkerSettings {
  std::string owner;                        // unique for each process and start
  std::chrono::milliseconds lead{5'000};    // claimed and prepared this long ahead
  std::chrono::milliseconds poll{1'000};    // what other processes put in is seen at least so often
  std::chrono::milliseconds lease{60'000};  // renewed at a third
  std::chrono::milliseconds skew{5'000};    // clocks of workers may differ by this much
  std::chrono::milliseconds sweep{5'000};
  std::chrono::milliseconds prepare_max{5 * 60'000};
  std::chrono::milliseconds publish_max{45'000};
  std::chrono::milliseconds lookup_max{30'000};
  std::size_t batch = 1'000;       // of one claim
  std::size_t held_max = 6'000;    // claimed at a time: some 6 kB each
  std::size_t preparing_max = 16;  // at a time: media is in memory then
  std::size_t sending_max = 128;   // at a time
  std::size_t per_account = 1;     // at a time, in order of their time
  Patience patience = {};
};

class Worker {
 public:
  Worker(io::Executor executor, WorkerDoors doors, WorkerSettings settings);

  // Works until stop(), which must be awaited before the worker is destroyed.
  io::Task<> run();
  // Something became due: look now. From the same loop.
  void wake();
  // Takes nothing more, puts back what was not sent, finishes what is being sent; what is not done
  // after `grace` is cut off and left to its lease.
  io::Task<> stop(std::chrono::milliseconds grace);

  // One turn of each, to its end: for tests, one-shot commands and the simulator. The number is
  // that of targets taken up.
  io::Task<std::size_t> publish_due();
  io::Task<std::size_t> reconcile_due();
  io::Task<std::size_t> sweep();
  io::Task<> renew();

  std::size_t in_hand() const { return flights_.size(); }

  // For readiness: does it do its work? Not, when it has not got round to looking for long, or when
  // targets are due and it has room and yet does not take them.
  struct Standing {
    bool ok = true;
    std::string message;
  };
  Standing standing() const;

 private:
  struct Landing;
  // A target in hand, and what was learned about it on the way.
  struct Flight {
    explicit Flight(Work taken) : work(std::move(taken)) {}
    Work work;
    std::weak_ptr<Landing> landing;  // holds it in hand
    // Read for all that were claimed together, until the flight takes them.
    std::unique_ptr<OpenedAccount> opened;
    std::unique_ptr<Store::Text> text;
    const networks::Network* network = nullptr;
    networks::RetryClass retry = networks::RetryClass::blind;
    networks::Account account;
    networks::Frozen frozen;
    std::int64_t account_version = 0;
    std::int64_t posts = 1;                      // for the network: the parts of a thread
    std::optional<base::AttemptId> units_taken;  // from the account's budgets, by this attempt
    base::Instant units_at;
    base::Instant boarded_at;     // the account was read then
    std::optional<bool> guarded;  // its trend is to be looked at; nothing: not known yet
    bool probes = false;          // tries a network after its rest, for all
    bool held_back = false;       // a door stayed shut, because the lease is over
    bool lost = false;            // somebody else has it now
    std::unique_ptr<Turns::Ticket> turn;
  };
  using FlightPtr = std::shared_ptr<Flight>;
  struct Together;

  // The loops (worker.cpp).
  io::Task<> claim_loop();
  io::Task<> lookup_loop();
  io::Task<> sweep_loop();
  io::Task<> renew_loop();
  io::Task<std::vector<FlightPtr>> take_due();
  io::Task<std::vector<FlightPtr>> take_lookups();
  FlightPtr take_up(Work work);
  io::Task<Together> read_together(std::vector<Work> works);
  std::size_t room() const {
    return settings_.held_max - std::min(settings_.held_max, flights_.size());
  }
  // One by one would cost a transaction each.
  std::size_t room_min() const {
    return std::max<std::size_t>(1, std::min(settings_.batch, settings_.held_max) / 2);
  }
  void start(FlightPtr flight, std::string name, io::Task<> (Worker::*body)(FlightPtr));
  io::Task<> landed(std::vector<FlightPtr> flights);
  io::Task<> pause(base::Duration time, io::Event& or_event);
  // One timer for all that wait for the same instant.
  io::Task<> await_time(base::Instant instant);
  io::Task<> call_at(base::Instant instant);

  // The way of one target: each step tells whether to go on (flight.cpp).
  io::Task<> fly(FlightPtr flight);
  io::Task<bool> get_ready(FlightPtr flight);
  io::Task<> depart(FlightPtr flight);
  static bool is_blind(const Flight& flight) { return flight.retry == networks::RetryClass::blind; }
  io::Task<bool> board(FlightPtr flight);
  io::Task<bool> is_fresh(FlightPtr flight);
  io::Task<bool> prepare(FlightPtr flight);
  io::Task<networks::Prepared> ask_to_prepare(FlightPtr flight);
  io::Task<networks::Prepared> prepare_content(FlightPtr flight, networks::Key key);
  io::Task<bool> write_ahead(FlightPtr flight);
  io::Task<bool> await_turn(FlightPtr flight);
  io::Task<bool> may_send_now(FlightPtr flight);
  io::Task<bool> board_again(FlightPtr flight);
  io::Task<networks::Outcome> send(FlightPtr flight);
  bool record_without_waiting(FlightPtr flight, const networks::Outcome& outcome);
  io::Task<> record_again(FlightPtr flight, std::shared_ptr<Landing> landing,
                          std::shared_ptr<const Change> change, bool in_doubt);
  void published(const Flight& flight);
  io::Task<> record(FlightPtr flight, networks::Outcome outcome);
  io::Task<> learn_from(FlightPtr flight, networks::Outcome outcome);
  Breakers::Lesson lesson_of(Flight& flight, const networks::Outcome& outcome);
  io::Task<> record_late(std::shared_ptr<const Change> change);
  // The changes that thousands may wait for, made outside of coroutines: their frames stay small.
  std::shared_ptr<const Change> attempt_of(const Flight& flight, base::AttemptId attempt) const;
  std::shared_ptr<const Change> answer_of(const Flight& flight,
                                          const networks::Outcome& outcome) const;

  // What holds a target up or lets it go (permits.cpp, probes.cpp).
  Permit permit_of(FlightPtr flight) const;
  std::optional<Breakers::Rest> rest_of(const Flight& flight, base::Instant at) const;
  std::optional<networks::Rejected> never_fits(const Flight& flight) const;
  io::Task<bool> take_units(FlightPtr flight, base::AttemptId attempt);
  io::Task<bool> keep_units(FlightPtr flight);
  io::Task<> give_units_back(FlightPtr flight);
  io::Task<bool> passes_breaker(FlightPtr flight);
  io::Task<> take_probe(FlightPtr flight);
  io::Task<> give_probe_back(FlightPtr flight);
  // Before anything is sent: nothing that others could use stays with it.
  io::Task<> let_go(FlightPtr flight);
  io::Task<> hear_rests();
  io::Task<> share(FlightPtr flight, Breakers::Lesson lesson, networks::Outcome outcome);
  // A refusal of credentials that were renewed meanwhile is none.
  io::Task<networks::Outcome> judged(FlightPtr flight, networks::Outcome outcome);

  // Looking up what is unknown, and sweeping (reconcile.cpp).
  io::Task<> look_up(FlightPtr flight);
  io::Task<Event> ask_network(FlightPtr flight);
  io::Task<networks::Found> own_of(FlightPtr flight, networks::Found found);
  io::Task<std::size_t> sweep_leases();
  io::Task<std::size_t> sweep_accounts();
  io::Task<std::size_t> sweep_overdue();
  io::Task<> sweep_memory();

  // Carrying out arrows (arrows.cpp).
  Context context_of(const Flight& flight) const;
  Change change_of(const Flight& flight, const Event& event) const;
  io::Task<bool> move(FlightPtr flight, Event event);
  // The same for what must not get lost: tries again until the lease is over. In doubt: a commit of
  // it threw, and may have happened.
  io::Task<bool> move_surely(FlightPtr flight, std::shared_ptr<const Change> change,
                             bool in_doubt = false);
  void made(Flight& flight, const Change& change);
  void identify(Flight& flight) const;
  base::Instant now() const { return doors_.clock->now(); }
  base::Instant lease_end() const { return now() + settings_.lease; }

  io::Executor executor_;
  WorkerDoors doors_;
  WorkerSettings settings_;
  Store store_;
  Breakers breakers_;
  Rests rests_;
  Turns account_turns_;
  Turns preparing_turns_;
  Turns writing_turns_;  // of blind networks: being written down, or about to be sent
  Turns sending_turns_;
  std::map<base::TargetId, FlightPtr> flights_;
  std::map<base::Instant, std::shared_ptr<io::Event>> instants_;
  base::AccountId paused_after_;  // where the round of paused accounts goes on
  base::Instant forgotten_at_;
  Backlog backlog_;  // as it was swept last
  base::Instant swept_at_;
  bool stopping_ = false;
  io::Event due_event_;
  io::Event lookup_event_;
  io::Event stop_event_;
  io::Event landed_event_;
  // Last, so that its tasks end before what they use.
  io::Supervisor supervisor_;
  Commits commits_;
  News news_;
  Budgets budgets_;
};

}  // namespace publishing
