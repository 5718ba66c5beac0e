#include "simulation.h"

#include "fleet.h"
#include "people.h"

#include <boost/asio/co_spawn.hpp>

namespace sim {

namespace {

using namespace std::chrono_literals;

constexpr base::Duration quiet_max = 6h;        // until nothing waits any more
constexpr base::Duration desk_every = 90s;      // that people look whether something waits for them
constexpr std::uint64_t steps_max = 2'000'000;  // of one seed: more is a loop

class Simulation {
 public:
  Simulation(std::uint64_t seed, bool keep_story)
      : world_(loop_, seed, keep_story), fleet_(world_), people_(world_, [this] { wake_soon(); }) {}

  Ending run() {
    finish(people_.set_up());
    plan();
    world_.set_faults(true);
    fleet_.start(world_.weather.workers);
    run_until([this] { return world_.scheduler.now() >= faults_end_; });
    world_.set_faults(false);
    tidy_up();
    const base::Instant patience_ends = world_.scheduler.now() + quiet_max;
    run_until([&] { return is_quiet() || world_.scheduler.now() >= patience_ends; });
    if (world_.witness.violation().empty()) world_.witness.check_the_end();
    finish(fleet_.leave());
    finish(people_.leave());
    return {.violation = world_.witness.violation(),
            .steps = world_.scheduler.steps(),
            .fingerprint = world_.scheduler.fingerprint(),
            .story = world_.story.lines()};
  }

 private:
  // When what goes wrong, or is done.
  void plan() {
    Random& random = world_.random;
    const Weather& weather = world_.weather;
    const base::Instant begin = world_.scheduler.now();
    const base::Duration length = random.between(base::Duration{60s}, 8min);
    faults_end_ = begin + length;
    const auto some = [&](int count, auto action) {
      for (int i = 0; i < count; ++i) {
        world_.scheduler.at(begin + random.between(base::Duration{0}, length), action);
      }
    };
    some(weather.posts, [this] { people_.write_post(); });
    some(weather.actions, [this] { people_.act(); });
    some(weather.stops, [this] { fleet_.stop_one(); });
    some(weather.clock_jumps, [this] { fleet_.jump_a_clock(); });
    some(weather.failovers,
         [this] { world_.database.fail_over(world_.random.between(base::Duration{100ms}, 20s)); });
    some(weather.read_only_times, [this] {
      world_.database.be_read_only(world_.random.between(base::Duration{100ms}, 20s));
    });
    some(weather.revocations,
         [this] { world_.internet.revoke(world_.random.pick(world_.accounts).remote_id); });
    // Something always stands in the queue, so that Asio's own timers are looked at too.
    tick();
  }

  void tick() {
    world_.scheduler.after(1s, [this] { tick(); });
  }

  // Every now and then somebody comes in and answers what waits.
  void tidy_up() {
    people_.clear_desk();
    world_.scheduler.after(desk_every, [this] { tidy_up(); });
  }

  void wake_soon() {
    if (world_.random.chance(0.5)) return;
    world_.scheduler.after(world_.random.between(base::Duration{1ms}, 500ms),
                           [this] { fleet_.wake(); });
  }

  bool is_quiet() const {
    if (world_.witness.unfinished() > 0) return false;
    for (const auto& [id, target] : world_.witness.targets()) {
      if (target.state == TargetState::needs_decision) return false;
    }
    return true;
  }

  void run_until(const auto& done) {
    while (world_.witness.violation().empty() && !done()) {
      if (!world_.scheduler.run_next()) return;
      if (world_.scheduler.steps() > steps_max) {
        world_.witness.break_promise("it never comes to rest");
      }
    }
  }

  // Runs a task to its end.
  void finish(io::Task<> task) {
    bool done = false;
    std::exception_ptr failure;
    asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr error) {
      failure = std::move(error);
      done = true;
    });
    world_.scheduler.settle();
    while (!done && world_.scheduler.run_next()) {
    }
    if (failure) std::rethrow_exception(failure);
  }

  asio::io_context loop_{1};
  World world_;
  Fleet fleet_;
  People people_;
  base::Instant faults_end_;
};

}  // namespace

Ending simulate(std::uint64_t seed, bool keep_story) { return Simulation(seed, keep_story).run(); }

}  // namespace sim
