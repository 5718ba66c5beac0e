#include "app/main.h"

#include "app/client_verbs.h"
#include "app/commands.h"
#include "base/log.h"
#include "base/text.h"
#include "trends/detect.h"
#include "trends/replay.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace app {
namespace {

// Code that a command leaves behind when it was used wrongly, as the shell's own commands do.
constexpr int used_wrongly = 2;

struct Role {
  const char* name;
  const char* help;
  int (*run)(const Settings&);
};

constexpr Role roles[] = {
    {"all-in-one", "Everything in one process (the default).", run_all_in_one},
    {"backend", "Serve the REST API and live events.", run_backend},
    {"automation", "Read the sources, detect trends, write captions.", run_automation},
    {"worker", "Publish what is due.", run_worker},
    {"frontend", "Serve the page.", run_frontend},
};

base::LogLevel level_of(std::string_view name) {
  if (name == "debug") return base::LogLevel::debug;
  if (name == "warn") return base::LogLevel::warn;
  if (name == "error") return base::LogLevel::error;
  return base::LogLevel::info;
}

void start_logging(const Settings& settings) {
  base::start_logging(level_of(settings.log_level),
                      settings.log_format == "json" ? base::LogFormat::json : base::LogFormat::text,
                      settings.role);
}

// Loads the settings of a command; prints what is wrong, each with its mend.
LoadedSettings load(Flags flags, const char* role) {
  flags.role = role;
  return load_settings(flags, base::read_environment());
}

// Libraries break their messages into lines.
std::string in_one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return std::string(base::trim(text));
}

int refuse(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) fmt::print(stderr, "socialtrend: {}\n", problem);
  return used_wrongly;
}

int with_settings(const Flags& flags, const char* role, int (*run)(const Settings&)) {
  const LoadedSettings loaded = load(flags, role);
  if (!loaded.problems.empty()) return refuse(loaded.problems);
  start_logging(loaded.settings);
  return run(loaded.settings);
}

// The command line, and what it leads to.
class CommandLine {
 public:
  CommandLine() {
    program_.require_subcommand(0, 1);
    program_.set_version_flag("--version", SOCIALTREND_VERSION);
    add_settings(program_);
    action_ = [this] { return with_settings(flags_, roles[0].name, roles[0].run); };
    for (const Role& role : roles) {
      CLI::App* command = add(role.name, role.help);
      add_settings(*command);
      command->callback([this, &role] {
        action_ = [this, &role] { return with_settings(flags_, role.name, role.run); };
      });
    }
    add_operations();
    add_trend_commands();
    add_rehearse();
    add_client_verbs(program_, action_);
  }

  int run(int argc, char** argv) {
    try {
      program_.parse(argc, argv);
    } catch (
        const CLI::ParseError& error) {  // the library's way to say --help and "unknown option"
      return program_.exit(error) == 0 ? 0 : used_wrongly;
    }
    for (const std::string& pair : pairs_) {
      const std::size_t equals = pair.find('=');
      if (equals == std::string::npos)
        return refuse({fmt::format("--set {}: must be KEY=VALUE", pair)});
      flags_.values[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    return action_();
  }

 private:
  CLI::App* add(const char* name, const char* help) { return program_.add_subcommand(name, help); }

  void add_settings(CLI::App& command) {
    command.add_option("--config", flags_.config_file,
                       "Settings file (default: ./socialtrend.toml)");
    command.add_option("--set", pairs_, "A setting, KEY=VALUE; see: socialtrend config")
        ->allow_extra_args(false);
    for (const auto& [option, key] : {std::pair{"--port", "PORT"},
                                      {"--bind", "BIND"},
                                      {"--data-dir", "DATA_DIR"},
                                      {"--database-url", "DATABASE_URL"},
                                      {"--public-url", "PUBLIC_URL"}}) {
      command.add_option_function<std::string>(
          option, [this, name = key](const std::string& value) { flags_.values[name] = value; },
          fmt::format("The setting {}", key));
    }
  }

  void add_operations() {
    CLI::App* migrate = add("migrate", "Bring the database to this version.");
    add_settings(*migrate);
    migrate->callback(
        [this] { action_ = [this] { return with_settings(flags_, "migrate", run_migrate); }; });
    CLI::App* doctor = add("doctor", "Look for what is wrong, and say how to mend it.");
    add_settings(*doctor);
    doctor->add_option("--url", doctor_urls_,
                       "A running process to look at, http://HOST:PORT (may be repeated)");
    doctor->callback([this] {
      action_ = [this] { return run_doctor(load(flags_, "all-in-one"), doctor_urls_); };
    });
    CLI::App* config = add("config", "Print every setting: value, origin, meaning.");
    add_settings(*config);
    config->add_flag("--make-key", make_key_, "Print a new APP_KEY instead");
    config->callback([this] {
      action_ = [this] {
        return make_key_ ? run_make_key() : run_config(load(flags_, "all-in-one"));
      };
    });
    CLI::App* healthcheck =
        add("healthcheck", "Ask a running process whether it has come up; exit 0 if so.");
    add_settings(*healthcheck);
    healthcheck->add_option("--url", health_url_, "Address to ask (default: this machine, PORT)");
    healthcheck->callback([this] {
      action_ = [this] {
        const LoadedSettings loaded = load(flags_, "all-in-one");
        if (!loaded.problems.empty()) return refuse(loaded.problems);
        return run_healthcheck(loaded.settings, health_url_);
      };
    });
    add_backup("backup", "Copy the embedded database and its media while it runs.",
               [this](const Settings& settings) { return run_backup(settings, folder_); });
    CLI::App* restore = add_backup(
        "restore", "Put a backup back; the program must be stopped.",
        [this](const Settings& settings) { return run_restore(settings, folder_, replace_); });
    restore->add_flag("--replace", replace_, "There is a database already: keep it beside");
    add("version", "Print the version.")->callback([this] {
      action_ = [] {
        fmt::print("socialtrend {}\n", SOCIALTREND_VERSION);
        return 0;
      };
    });
  }

  CLI::App* add_backup(const char* name, const char* help,
                       std::function<int(const Settings&)> run) {
    CLI::App* command = add(name, help);
    add_settings(*command);
    command->add_option("FOLDER", folder_, "Of the backup")->required();
    command->callback([this, run] {
      action_ = [this, run] {
        const LoadedSettings loaded = load(flags_, "all-in-one");
        return loaded.problems.empty() ? run(loaded.settings) : refuse(loaded.problems);
      };
    });
    return command;
  }

  void add_trend_commands() {
    CLI::App* replay =
        add("replay", "Trends of recorded posts (JSON Lines), tick by tick of event time.");
    replay->add_option("--input", replay_.input, "FILE, FILE.gz or - (standard input)");
    replay->add_option("--output", replay_.output, "FILE (default: standard output)");
    replay->add_option("--top", replay_.top, "Trends a tick")->check(CLI::Range(1, 1000));
    const auto parsed = [](CLI::App& command, const char* option, const char* help, auto parse,
                           auto& into) {
      command.add_option_function<std::string>(
          option,
          [option, parse, &into](const std::string& text) {
            const auto value = parse(text);
            if (!value) throw CLI::ValidationError(option, "cannot read '" + text + "'");
            into = *value;
          },
          help);
    };
    parsed(*replay, "--every", "Length of a tick: 10m, 1h, 1d", trends::parse_step, replay_.every);
    parsed(*replay, "--from", "First tick written (RFC 3339)", base::parse_rfc3339, replay_.from);
    parsed(*replay, "--to", "Where reading stops (RFC 3339)", base::parse_rfc3339, replay_.to);
    parsed(*replay, "--kinds", "tag,word,bigram,link", trends::parse_kinds, replay_.kinds);
    replay->callback(
        [this] { action_ = [this] { return trends::run_replay(replay_, std::cerr); }; });

    CLI::App* detect = add("detect", "Anomaly scores of one series of counts (timestamp,value).");
    detect->add_option("--input", detect_.input, "CSV file or -");
    detect->add_option("--output", detect_.output, "CSV file (default: standard output)");
    detect->callback(
        [this] { action_ = [this] { return trends::run_detect(detect_, std::cerr); }; });
  }

  void add_rehearse() {
    CLI::App* rehearse =
        add("rehearse", "Stand-ins for the networks on this machine, to try a campaign on.");
    rehearse->add_option("--port", rehearse_.port,
                         "Of the control address; the networks follow. 0: any free ones");
    rehearse->add_option("--networks", rehearse_.networks, "mastodon,telegram (default: all)")
        ->delimiter(',');
    rehearse->add_option("--faults", rehearse_.faults,
                         "rate=0.1,seed=7 or drop_answer=0.05,rate_limit=0.1,delay_ms=500");
    rehearse->add_flag("!--no-rate-limits", rehearse_.rate_limits,
                       "Take more than the networks would");
    rehearse->add_flag("--json", rehearse_.json, "Print addresses and settings as JSON");
    rehearse->callback([this] { action_ = [this] { return run_rehearse(rehearse_); }; });
  }

  CLI::App program_{
      "SocialTrend Automator: sees what is rising, helps to write about it, publishes on time, "
      "exactly once."};
  Flags flags_;
  std::vector<std::string> pairs_;
  bool make_key_ = false;
  std::string health_url_;
  std::vector<std::string> doctor_urls_;
  std::string folder_;
  bool replace_ = false;
  trends::ReplayOptions replay_;
  trends::DetectOptions detect_;
  RehearseOptions rehearse_;
  std::function<int()> action_;
};

}  // namespace

int main(int argc, char** argv) {
  try {
    return CommandLine().run(argc, argv);
  } catch (const std::exception& error) {  // whatever cannot go on ends here, in one line
    fmt::print(stderr, "socialtrend: {}\n", in_one_line(error.what()));
    return 1;
  }
}

}  // namespace app
