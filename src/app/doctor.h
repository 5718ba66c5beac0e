// What `socialtrend doctor` finds, and the examinations that it is made of.
//
// Each examination measures, says which, and names the command that helps. They change nothing, and
// every wait in them has an end. Those of machine, processes and numbers are pure or take where to
// look, so that tests can show them a broken world.
#pragma once

#include "app/settings.h"
#include "db/database.h"
#include "http/client.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace app::doctor {

enum class Level { good, warning, bad };

struct Finding {
  Level level = Level::good;
  std::string subject;
  std::string message;
  std::string mend = {};
};

class Report {
 public:
  void good(std::string subject, std::string message);
  void warn(std::string subject, std::string message, std::string mend);
  void bad(std::string subject, std::string message, std::string mend);

  const std::vector<Finding>& findings() const { return findings_; }
  bool any_bad() const;

 private:
  std::vector<Finding> findings_;
};

// Settings, keys, the converter of pictures.
void examine_settings(const LoadedSettings& loaded, Report& report);
// The disk of DATA_DIR.
void examine_disk(const Settings& settings, Report& report);
// Memory, processor and limits that this machine or container gives; `root` holds proc/ and sys/.
void examine_machine(const std::filesystem::path& root, Report& report);

// Overdue targets, decisions, accounts and their credentials, sources, background jobs.
io::Task<> examine_work(db::Database& database, base::Instant now, Report& report);
// Who is alive, who vanished, mixed versions, enough workers.
io::Task<> examine_fleet(db::Database& database, const base::Clock& clock, Report& report);
// PostgreSQL's clock, round trip, connections, leaks, locks and slow statements.
io::Task<> examine_server(db::Database& database, Report& report);
// Which keys the stored secrets need; nothing when none is set.
io::Task<> examine_keys(db::Database& database, std::string app_key, Report& report);
// The replica that lists are read from: is it one, and how far behind? Nothing when none is named.
io::Task<> examine_replica(const Settings& settings, db::Database& primary, Report& report);
// The files of the pictures that the database knows.
io::Task<> examine_store(const Settings& settings, db::Database& database, Report& report);

// One running process by its metrics: latency, errors, memory, files, pool, cache, Redis.
void examine_metrics(std::string_view process, std::string_view exposition, Report& report);
// Asks each address for them. One that does not answer is a finding when it was `named`.
io::Task<> examine_processes(http::Client& client, std::vector<std::string> addresses, bool named,
                             Report& report);
// PUBLIC_URL from here: name, load balancer, certificate. Nothing when it is not set.
io::Task<> examine_public_address(http::Client& client, std::string public_url, base::Instant now,
                                  Report& report);

}  // namespace app::doctor
