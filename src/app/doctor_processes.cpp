// Running processes by their own numbers.
#include "app/doctor.h"
#include "app/exposition.h"

#include <fmt/format.h>

namespace app::doctor {
namespace {

constexpr double slow_answer = 1;  // seconds, of one request in twenty
constexpr double error_share_max = 0.05;
constexpr double requests_min = 50;  // fewer say nothing about shares
constexpr double hit_share_min = 0.5;
constexpr double files_share_max = 0.8;
constexpr double resident_max = 800e6;  // bytes; docs/operating: what a role needs
constexpr double lateness_max = 10;     // seconds

struct Process {
  std::string_view name;
  const Exposition& numbers;
  Report& report;

  std::string of(std::string message) const { return fmt::format("{}: {}", name, message); }
};

bool is_ours_to_mend(const Sample& sample) {
  const auto status = sample.labels.find("status");
  return status != sample.labels.end() && status->second.starts_with("5");
}

void examine_answers(const Process& process) {
  const Exposition& numbers = process.numbers;
  const double requests = numbers.sum("http_requests_total");
  if (requests < requests_min) return;
  const double slow = numbers.quantile("http_request_duration_seconds", 0.95);
  const std::string message =
      process.of(fmt::format("95 % of the answers took at most {} s", slow));
  if (slow > slow_answer) {
    const double statement = numbers.quantile("db_query_duration_seconds", 0.95);
    process.report.warn("latency", message,
                        statement > slow_answer / 2
                            ? "statements are slow too: look at db_query_duration_seconds by query "
                              "in /metrics, then at PostgreSQL (pg_stat_activity)"
                            : "statements are quick: more replicas, e.g. docker service scale "
                              "socialtrend_backend=4");
  } else {
    process.report.good("latency", message);
  }
  const double errors = numbers.sum("http_requests_total", is_ours_to_mend);
  if (errors > error_share_max * requests) {
    process.report.bad(
        "errors",
        process.of(fmt::format("{:.0f} of {:.0f} answers were errors of ours", errors, requests)),
        "the log has each with its request id: jq 'select(.\"log.level\"==\"error\")'");
  }
}

void examine_memory(const Process& process) {
  const double resident = process.numbers.sum("process_resident_memory_bytes");
  const std::string message = process.of(fmt::format("{:.0f} MB are in use", resident / 1e6));
  if (resident > resident_max) {
    process.report.warn("memory", message,
                        "if it keeps growing it is a leak: restart the process and report it with "
                        "/metrics of an hour ago and of now; else raise the limit");
  } else {
    process.report.good("memory", message);
  }
  const double open = process.numbers.sum("process_open_fds");
  const double most = process.numbers.sum("process_max_fds");
  if (most > 0 && open > files_share_max * most) {
    process.report.bad("limits",
                       process.of(fmt::format("{:.0f} of {:.0f} files are open", open, most)),
                       "ulimit -n 20000, LimitNOFILE= in systemd, or --ulimit nofile in Docker");
  }
}

void examine_pool(const Process& process) {
  const double size = process.numbers.sum("db_pool_size");
  const double used = process.numbers.sum("db_pool_in_use");
  const double waiting = process.numbers.sum("db_pool_waiting");
  const std::string message = process.of(
      fmt::format("{:.0f} of {:.0f} connections are busy, {:.0f} wait", used, size, waiting));
  if (waiting > 0 && used >= size) {
    process.report.bad("pool", message,
                       "raise DATABASE_POOL_SIZE within what PgBouncer and PostgreSQL allow, or "
                       "look for the slow statement: db_query_duration_seconds in /metrics");
  } else if (size > 0) {
    process.report.good("pool", message);
  }
}

void examine_cache(const Process& process) {
  const Exposition& numbers = process.numbers;
  const auto label = [](const Sample& sample, const char* name) {
    const auto found = sample.labels.find(name);
    return found == sample.labels.end() ? std::string() : found->second;
  };
  // Of people who each ask now and then nobody is remembered: no fault.
  const auto counts = [&](const Sample& sample) { return label(sample, "cache") != "principals"; };
  const double asked = numbers.sum("cache_requests_total", counts);
  const double hits = numbers.sum("cache_requests_total", [&](const Sample& sample) {
    return counts(sample) && label(sample, "result") != "miss";
  });
  if (asked >= requests_min && hits < hit_share_min * asked) {
    process.report.warn("latency",
                        process.of(fmt::format("the caches answer {:.0f} % of what they are asked",
                                               100 * hits / asked)),
                        "send a person's requests to the same replica, or fewer, larger replicas");
  }
  if (numbers.has("redis_connected") && numbers.sum("redis_connected") == 0) {
    process.report.warn("redis", process.of("has no connection to Redis"),
                        "nothing is lost; redis-cli -u $REDIS_URL ping");
  }
}

void examine_lateness(const Process& process) {
  const double late = process.numbers.quantile("publishing_lateness_seconds", 0.99);
  if (late > lateness_max) {
    process.report.warn("queue",
                        process.of(fmt::format("one target in a hundred started {} s late", late)),
                        "add workers: docker service scale socialtrend_worker=4");
  }
}

}  // namespace

void examine_metrics(std::string_view name, std::string_view exposition, Report& report) {
  const Exposition numbers(exposition);
  const Process process{.name = name, .numbers = numbers, .report = report};
  examine_answers(process);
  examine_memory(process);
  examine_pool(process);
  examine_cache(process);
  examine_lateness(process);
}

io::Task<> examine_processes(http::Client& client, std::vector<std::string> addresses, bool named,
                             Report& report) {
  std::size_t answered = 0;
  for (const std::string& address : addresses) {
    const auto answer = co_await client.send({.url = address + "/metrics",
                                              .timeout = std::chrono::seconds(5),
                                              .connect_timeout = std::chrono::seconds(2)});
    const bool ours = answer && answer->status == 200 &&
                      Exposition(answer->body).has("process_resident_memory_bytes");
    if (ours) {
      ++answered;
      examine_metrics(address, answer->body, report);
    } else if (named) {
      report.bad("processes",
                 answer ? fmt::format("{}: /metrics answers {}", address, answer->status)
                        : answer.error().message,
                 "is it running, and is the address right? socialtrend healthcheck --url " +
                     address + "/api/health/ready");
    }
  }
  if (answered == 0 && !named) {
    report.warn("processes", "none runs at the usual ports of this machine",
                "give addresses to look at: socialtrend doctor --url http://HOST:PORT");
  }
}

}  // namespace app::doctor
