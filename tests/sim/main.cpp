// socialtrend_sim: runs seeds, tells the story of the first that breaks a promise, and how to see
// it again. See docs/simulator.md.
#include "own_world.h"
#include "simulation.h"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

// Of so many seeds one is run twice in any case.
constexpr std::uint64_t repeated_every = 50;

struct Options {
  std::uint64_t from = 1;
  std::uint64_t seeds = 200;
  std::uint64_t seed = 0;
  bool story = false;
  bool twice = false;
  bool quiet = false;
  bool all = false;
  std::string json;
};

char aborted_text[160];

void tell_of_abort(int) {
  std::ignore = write(STDERR_FILENO, aborted_text, std::char_traits<char>::length(aborted_text));
}

std::string replay(std::uint64_t seed) { return fmt::format("./dev sim --seed {} --story", seed); }

void prepare_for_abort(std::uint64_t seed) {
  const auto end = fmt::format_to_n(aborted_text, sizeof(aborted_text) - 1,
                                    "seed {} ended in an abort; replay: {}\n", seed, replay(seed));
  *end.out = '\0';
}

void print_story(const sim::Ending& ending) {
  for (const std::string& line : ending.story) fmt::print("{}\n", line);
}

// The same seed must be the same story, to the last step.
bool repeats(std::uint64_t seed, const sim::Ending& first) {
  const sim::Ending second = sim::simulate(seed, false);
  return second.steps == first.steps && second.fingerprint == first.fingerprint;
}

int tell_failure(std::uint64_t seed, const std::string& what, const Options& options) {
  if (!options.quiet) {
    // In a process of its own, as whoever replays it will do.
    fmt::print("The story of seed {}:\n", seed);
    std::fflush(stdout);
    const std::string command = fmt::format("/proc/{}/exe --seed {} --story", getpid(), seed);
    std::ignore = std::system(command.c_str());
  }
  fmt::print("FAILED: seed {}: {}\nreplay: {}\n", seed, what, replay(seed));
  return 1;
}

int run_one(const Options& options) {
  prepare_for_abort(options.seed);
  const sim::Ending ending = sim::simulate(options.seed, options.story);
  print_story(ending);
  fmt::print("seed {}: {} ({} steps, fingerprint {:016x})\n", options.seed,
             ending.violation.empty() ? "every promise was kept" : ending.violation, ending.steps,
             ending.fingerprint);
  return ending.violation.empty() ? 0 : 1;
}

int run_many(const Options& options) {
  const double begin = sim::real_seconds();
  std::uint64_t steps = 0;
  std::uint64_t failed = 0;
  const std::uint64_t end = options.from + options.seeds;
  for (std::uint64_t seed = options.from; seed < end; ++seed) {
    prepare_for_abort(seed);
    const sim::Ending ending = sim::simulate(seed, false);
    steps += ending.steps;
    if (!ending.violation.empty() && options.all) {
      fmt::print("seed {}: {}\n", seed, ending.violation);
      ++failed;
      continue;
    }
    if (!ending.violation.empty()) return tell_failure(seed, ending.violation, options);
    const bool again = options.twice || seed % repeated_every == 0;
    if (again && !repeats(seed, ending)) {
      return tell_failure(seed, "the second run of it was another story", options);
    }
  }
  const double seconds = sim::real_seconds() - begin;
  fmt::print("{} seeds from {}: {} in {} steps, {:.0f} steps/s\n", options.seeds, options.from,
             failed == 0 ? "every promise was kept" : fmt::format("{} broke a promise", failed),
             steps, static_cast<double>(steps) / seconds);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Drives the publishing code through seeded faults and holds it to its promises."};
  Options options;
  app.add_option("--from", options.from, "The first seed")->check(CLI::PositiveNumber);
  app.add_option("--seeds", options.seeds, "How many");
  app.add_option("--seed", options.seed, "This one alone");
  app.add_flag("--story", options.story, "Tell everything that happens in it");
  app.add_flag("--twice", options.twice, "Each seed twice: the same story?");
  app.add_flag("--quiet", options.quiet, "Without the story of a failure");
  app.add_flag("--all", options.all, "Go on after a failure, and list them all");
  app.add_option("--json", options.json, "Write the verdict to this file");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGABRT, tell_of_abort);
  const int code = options.seed != 0 ? run_one(options) : run_many(options);
  if (!options.json.empty()) {
    std::ofstream(options.json) << fmt::format(R"({{"passed": {}, "failed": {}}})", 1 - code, code);
  }
  return code;
}
