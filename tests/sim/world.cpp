#include "world.h"

#include "base/check.h"
#include "own_world.h"

namespace sim {

namespace {

using namespace std::chrono_literals;

// Each seed has a day of its own, so that the ids of one run do not depend on those before it.
base::Instant day_of(std::uint64_t seed) {
  constexpr std::uint64_t days = 100'000;
  return *base::parse_rfc3339("2026-11-23T12:00:00Z") + std::chrono::days{seed % days};
}

base::Vault make_vault() {
  auto vault = base::Vault::parse(base::Vault::make_key());
  CHECK(vault.has_value());
  return std::move(*vault);
}

Random& as_random_bytes(Random& random) {
  set_random_bytes(random);
  return random;
}

}  // namespace

World::World(asio::io_context& loop, std::uint64_t seed, bool keep_story)
    : random(seed),
      weather(as_random_bytes(random)),
      scheduler(loop, random, day_of(seed)),
      story(scheduler, keep_story),
      database(scheduler, random, story),
      internet(scheduler, random, story),
      witness(scheduler, story, internet, weather),
      vault(make_vault()),
      user(base::UserId::make()) {
  database.postgres = weather.postgres;
  database.on_commit = [this](const Process& writer, const std::vector<RowChange>& changes) {
    witness.committed(writer, changes);
  };
  database.on_bad_statement = [this](std::string what) {
    witness.break_promise("a statement went wrong: " + what);
  };
  internet.on_sent = [this](const Internet::Request& request) { witness.sent(request); };
  internet.on_taken = [this](const Internet::Request& request, bool joined) {
    witness.taken(request, joined);
  };
  const auto door = [this](const ProcessPtr& process) {
    if (faults && on_door) on_door(process);
  };
  database.on_door = door;
  internet.on_door = door;
  if (keep_story) {
    set_log([this](std::string line) { story.add("log", line); });
  } else {
    set_log({});
  }
}

void World::set_faults(bool on) {
  faults = on;
  database.weather = on ? &weather : nullptr;
  internet.weather = on ? &weather : nullptr;
  story.tell("world", "{}", on ? "faults begin" : "faults end");
}

ProcessPtr World::make_process(std::string name) {
  auto process = std::make_shared<Process>();
  process->name = std::move(name);
  // Two clocks never differ by more than the five seconds that workers allow for.
  const base::Duration most =
      weather.strange_clocks ? base::Duration{2min} : base::Duration{2'400ms};
  process->clock_offset = random.between(-most, most);
  return process;
}

}  // namespace sim
