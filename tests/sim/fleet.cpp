#include "fleet.h"

#include "connectors.h"

namespace sim {

namespace {

using namespace std::chrono_literals;

publishing::WorkerSettings settings_of(World& world, const std::string& owner) {
  Random& random = world.random;
  publishing::WorkerSettings settings{.owner = owner};
  settings.poll = std::chrono::milliseconds{random.between(1'000, 15'000)};
  settings.sweep = std::chrono::milliseconds{random.between(3'000, 20'000)};
  settings.lead = std::chrono::milliseconds{random.between(0, 5'000)};
  settings.batch = static_cast<std::size_t>(random.between(1, 20));
  settings.per_account = static_cast<std::size_t>(random.between(1, 2));
  settings.sending_max = static_cast<std::size_t>(random.between(1, 8));
  settings.preparing_max = static_cast<std::size_t>(random.between(1, 8));
  if (!world.weather.production_patience) {
    settings.patience.backoff_max = 60s;
    settings.patience.retries_max = 12;
    settings.patience.lookup_max = 60s;
    settings.patience.lookups_max = 4;
    settings.patience.unclear_max = 3;
  }
  return settings;
}

io::Task<base::Result<std::vector<networks::Image>>> no_images() {
  co_return std::vector<networks::Image>{};
}

}  // namespace

struct Fleet::Member {
  Member(World& world, ProcessPtr own)
      : process(std::move(own)),
        clock(world.scheduler, process),
        database(world.database, world.scheduler, process),
        http(world.internet.client(process)),
        accounts(database, clock, world.vault),
        account_door(accounts),
        leases(database, clock, process->name),
        worker(world.scheduler.executor(), doors(world), settings_of(world, process->name)),
        renewals(world.scheduler.executor(), renewal_doors(world)),
        supervisor(world.scheduler.executor()) {}

  // As the program starts them.
  void start() {
    supervisor.start("publishing", [this] { return worker.run(); });
    supervisor.start("renewals", [this] { return renewals.run(); });
  }
  io::Task<> stop(std::chrono::milliseconds grace) {
    co_await worker.stop(grace);
    supervisor.stop();
    co_await supervisor.join();
    co_await renewals.stop();
  }

  publishing::WorkerDoors doors(World& world) {
    publishing::WorkerDoors doors{.database = &database,
                                  .clock = &clock,
                                  .accounts = &account_door,
                                  .networks = simulated_network};
    doors.context.http = http.get();
    doors.context.clock = &clock;
    doors.images = [](auto&&...) { return no_images(); };
    doors.sleep = [&world, process = process](base::Duration time) {
      return world.scheduler.sleep(process, time);
    };
    doors.chance = [&world] { return world.random.fraction(); };
    return doors;
  }

  publishing::RenewalDoors renewal_doors(World& world) {
    const publishing::WorkerDoors own = doors(world);
    return {.accounts = &accounts,
            .leases = &leases,
            .networks = own.networks,
            .context = own.context,
            .clock = &clock,
            .sleep = own.sleep,
            .chance = own.chance};
  }

  ProcessPtr process;
  ProcessClock clock;
  DatabaseDoor database;
  std::unique_ptr<http::Client> http;
  accounts::Accounts accounts;
  publishing::ConnectedAccounts account_door;
  jobs::Leases leases;
  publishing::Worker worker;
  publishing::Renewals renewals;
  io::Supervisor supervisor;
  bool retiring = false;
};

Fleet::Fleet(World& world) : world_(world), supervisor_(world.scheduler.executor()) {
  world_.on_door = [this](const ProcessPtr& process) { door(process); };
}

Fleet::~Fleet() = default;

void Fleet::start(int count) {
  for (int i = 0; i < count; ++i) start_one();
}

void Fleet::start_one() {
  if (over_) return;
  ProcessPtr process = world_.make_process(fmt::format("worker-{}", ++started_));
  world_.story.tell(process->name, "starts; its clock is {} ms off",
                    process->clock_offset.count() / 1000);
  world_.witness.worker_is(process->name, process);
  auto member = std::make_shared<Member>(world_, std::move(process));
  members_.push_back(member);
  member->start();
}

void Fleet::door(const ProcessPtr& process) {
  if (!process->alive || process->name == "backend") return;
  if (world_.random.chance(world_.weather.crash)) return crash(process);
  if (world_.random.chance(world_.weather.freeze)) freeze(process);
}

void Fleet::crash(const ProcessPtr& process) {
  world_.story.tell(process->name, "dies");
  process->alive = false;
  for (const auto& member : members_) {
    if (member->process != process) continue;
    // Not from within a task of its own, which may stand at this very door.
    world_.scheduler.after(base::Duration{0}, [this, member] {
      supervisor_.start_once("bury", [this, member] { return bury(member); });
    });
  }
  world_.scheduler.after(world_.random.between(base::Duration{100ms}, 40s),
                         [this] { start_one(); });
}

void Fleet::freeze(const ProcessPtr& process) {
  if (process->frozen_until > world_.scheduler.now()) return;
  const base::Duration time = world_.random.between(base::Duration{1s}, 200s);
  world_.story.tell(process->name, "is frozen for {} ms", time.count() / 1000);
  process->frozen_until = world_.scheduler.now() + time;
}

io::Task<> Fleet::bury(std::shared_ptr<Member> member) { co_await member->stop(0ms); }

io::Task<> Fleet::retire(std::shared_ptr<Member> member) {
  co_await member->stop(10s);
  if (!member->process->alive) co_return;
  world_.story.tell(member->process->name, "has stopped");
  member->process->alive = false;
  start_one();
}

std::shared_ptr<Fleet::Member> Fleet::some_living() {
  std::vector<std::shared_ptr<Member>> living;
  for (const auto& member : members_) {
    if (member->process->alive && !member->retiring) living.push_back(member);
  }
  return living.empty() ? nullptr : world_.random.pick(living);
}

void Fleet::stop_one() {
  auto member = some_living();
  if (!member || member->process->frozen_until > world_.scheduler.now()) return;
  world_.story.tell(member->process->name, "is told to stop");
  member->retiring = true;
  supervisor_.start_once("retire", [this, member] { return retire(member); });
}

void Fleet::jump_a_clock() {
  auto member = some_living();
  if (!member) return;
  member->process->clock_offset = world_.make_process("")->clock_offset;
  world_.story.tell(member->process->name, "its clock is set: {} ms off",
                    member->process->clock_offset.count() / 1000);
}

void Fleet::wake() {
  for (const auto& member : members_) {
    if (member->process->alive && member->process->frozen_until <= world_.scheduler.now()) {
      member->worker.wake();
    }
  }
}

io::Task<> Fleet::leave() {
  over_ = true;
  for (const auto& member : members_) member->process->alive = false;
  for (const auto& member : std::vector(members_)) co_await member->stop(0ms);
  co_await supervisor_.join();
}

}  // namespace sim
