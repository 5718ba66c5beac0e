// What ./dev bench publish runs: the production worker with a measuring network in front.
//
// Each verb is a process of its own, so that the memory of the worker is the worker's. Prints one
// line of JSON.
#include "publish_bench.h"

#include "base/log.h"

#include <cstdio>

#include <CLI/CLI.hpp>

namespace {

void declare(CLI::App& app, bench::Options& options) {
  app.add_option("--database", options.database);
  app.add_option("--targets", options.targets);
  app.add_option("--accounts", options.accounts);
  app.add_option("--stored", options.stored);
  app.add_option("--ahead", options.ahead_ms, "due this many milliseconds from now");
  app.add_option("--due", options.due, "microseconds since 1970");
  app.add_option("--class", options.retry_class)->check(CLI::IsMember({"key", "blind"}));
  app.add_option("--receiver", options.receiver, "URL of a webhook double; else in process");
}

}  // namespace

int main(int argc, char** argv) {
  base::start_logging(base::LogLevel::warn, base::LogFormat::text, "bench");
  CLI::App app("Benchmarks of publishing");
  app.require_subcommand(1);
  bench::Options options;
  io::Task<bench::json::object> (*chosen)(bench::Options) = nullptr;
  for (const auto& entry : bench::verbs()) {
    CLI::App* command = app.add_subcommand(entry.first);
    declare(*command, options);
    command->callback([&chosen, verb = entry.second] { chosen = verb; });
  }
  CLI11_PARSE(app, argc, argv);
  try {
    io::run([&]() -> io::Task<> {
      std::puts(bench::json::serialize(co_await chosen(options)).c_str());
    });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
