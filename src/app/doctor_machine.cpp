// What stands around the program: its settings, and what the machine or container gives it.
#include "app/doctor.h"
#include "base/text.h"
#include "media/converter.h"

#include <charconv>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

namespace app::doctor {
namespace {

constexpr std::uint64_t disk_free_min = 500ull * 1024 * 1024;
constexpr double memory_share_max = 0.8;
constexpr double memory_free_min = 0.05;
constexpr double throttled_share_max = 0.1;
constexpr rlim_t files_min = 4096;

std::optional<double> number_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  double value = 0;
  if (!(file >> value)) return std::nullopt;  // "max": no limit
  return value;
}

// Lines of a name and a number, as /proc/meminfo and the files of cgroups have them.
std::map<std::string, double> table_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::map<std::string, double> table;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    double value = 0;
    if (words >> name >> value) table[name] = value;
  }
  return table;
}

double megabytes(double bytes) { return bytes / 1'000'000; }

void examine_container_memory(const std::filesystem::path& group, Report& report) {
  const auto limit = number_in(group / "memory.max");
  const auto used = number_in(group / "memory.current");
  if (limit && used && *limit > 0) {
    // What can be dropped at once (the cache of files) is not what fills a container.
    const double kept = *used - table_in(group / "memory.stat")["inactive_file"];
    const std::string message = fmt::format("{:.0f} of the {:.0f} MB of this container are in use",
                                            megabytes(kept), megabytes(*limit));
    if (kept > memory_share_max * *limit) {
      report.bad("memory", message,
                 "raise the limit (docker service update --limit-memory 1G NAME; resources.limits "
                 "in Kubernetes), or run more replicas with less work each");
    } else {
      report.good("memory", message);
    }
  }
  if (const double killed = table_in(group / "memory.events")["oom_kill"]; killed > 0) {
    report.bad("memory", fmt::format("{:.0f} process(es) here were killed for want of it", killed),
               "raise the limit of the container: docker service update --limit-memory 1G NAME");
  }
}

void examine_processor(const std::filesystem::path& group, Report& report) {
  auto table = table_in(group / "cpu.stat");
  const double periods = table["nr_periods"];
  if (periods <= 0) return;
  const double share = table["nr_throttled"] / periods;
  const std::string message =
      fmt::format("held back by its limit in {:.0f} % of the time slices", 100 * share);
  if (share > throttled_share_max) {
    report.warn("latency", "the processor of this container is " + message,
                "docker service update --limit-cpu 1 NAME, or more replicas");
  } else {
    report.good("latency", "the processor is " + message);
  }
}

}  // namespace

void examine_settings(const LoadedSettings& loaded, Report& report) {
  for (const std::string& problem : loaded.problems) {
    report.bad("settings", problem, "socialtrend config");
  }
  if (loaded.problems.empty()) report.good("settings", "every key is known and in range");
  const Settings& settings = loaded.settings;
  if (const auto vault = open_vault(settings); !vault) {
    report.bad("APP_KEY", vault.error().message, "socialtrend config --make-key");
  }
  const bool exposed =
      settings.bind != "127.0.0.1" && settings.bind != "::1" && settings.bind != "localhost";
  if (exposed && settings.public_url.empty()) {
    report.warn("PUBLIC_URL",
                "is not set: links in feeds and invitations are guessed from each request",
                "set PUBLIC_URL=https://your.address");
  }
  if (exposed && settings.public_url.starts_with("http://")) {
    report.warn("PUBLIC_URL", "is not https: passwords travel in the clear",
                "put a TLS proxy in front (docs/operating/README.md)");
  }
  // Pictures are kept at all, and can be made to fit.
  asio::io_context loop;
  const media::ProgramConverter converter(loop.get_executor(), settings.media.converter);
  if (converter.available()) {
    report.good("media", "pictures are made to fit each network");
  } else {
    report.warn("media",
                "socialtrend-convert is not here: pictures that do not fit a network are refused, "
                "and what a camera noted stays in the others",
                "put it beside this program, or set MEDIA_CONVERTER");
  }
}

void examine_disk(const Settings& settings, Report& report) {
  struct statvfs disk{};
  if (statvfs(settings.data_dir.c_str(), &disk) != 0) {
    report.warn("disk", settings.data_dir.string() + " is not there yet",
                "nothing: it is made at the first start");
    return;
  }
  const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  const std::string message =
      fmt::format("{} MB free in {}", free / 1'000'000, settings.data_dir.string());
  if (free < disk_free_min) {
    report.bad("disk", message,
               fmt::format("du -xh {} | sort -h | tail, or set DATA_DIR to another disk",
                           settings.data_dir.string()));
  } else {
    report.good("disk", message);
  }
  if (disk.f_files > 0 && disk.f_favail < disk.f_files / 100) {
    report.bad("disk", fmt::format("{} has no room for more files", settings.data_dir.string()),
               "df -i shows it; remove small files, or set DATA_DIR to another disk");
  }
}

void examine_machine(const std::filesystem::path& root, Report& report) {
  examine_container_memory(root / "sys/fs/cgroup", report);
  examine_processor(root / "sys/fs/cgroup", report);
  auto memory = table_in(root / "proc/meminfo");
  const double all = memory["MemTotal:"] * 1024;
  const double available = memory["MemAvailable:"] * 1024;
  const std::string message = fmt::format("{:.0f} of the {:.0f} MB of this machine are free",
                                          megabytes(available), megabytes(all));
  if (all > 0 && available < memory_free_min * all) {
    report.bad("memory", message, "ps aux --sort -rss | head shows who has it");
  } else if (all > 0) {
    report.good("memory", message);
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < files_min) {
    report.warn("limits", fmt::format("a process may open {} files", files.rlim_cur),
                "ulimit -n 20000, LimitNOFILE= in systemd, or --ulimit nofile in Docker");
  }
}

}  // namespace app::doctor
