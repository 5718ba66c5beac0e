// Settings: flag > environment > file (socialtrend.toml) > default.
//
// Each module declares its settings in one struct beside its code; app/ collects them. A secret can
// also be given as NAME_FILE. Unknown keys in the file or unknown flags are errors, and every error
// names the key, the value and the mend.
//
//   struct Settings { std::string public_url; std::chrono::seconds drain; };
//   void declare(base::Config& config, Settings& into) {
//     config.text("PUBLIC_URL", into.public_url, "", "Address at which people reach this server.");
//   }
#pragma once

#include "base/error.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

class Config {
 public:
  struct Entry {
    std::string key;
    std::string value;   // as given or the default; masked for secrets
    std::string origin;  // "flag", "environment", "file", "default", "file of NAME_FILE"
    std::string meaning;
    bool secret = false;
  };

  // `environment` maps names to values; `file_text` is the content of socialtrend.toml (empty if
  // there is none), flat keys in lower or upper case; `flags` are KEY=VALUE of the command line.
  Config(std::map<std::string, std::string> environment, std::string file_text,
         std::map<std::string, std::string> flags);

  void text(std::string key, std::string& into, std::string fallback, std::string meaning);
  void secret(std::string key, std::string& into, std::string meaning);
  void integer(std::string key, std::int64_t& into, std::int64_t fallback, std::int64_t min,
               std::int64_t max, std::string meaning);
  void boolean(std::string key, bool& into, bool fallback, std::string meaning);
  void choice(std::string key, std::string& into, std::string fallback,
              std::vector<std::string> allowed, std::string meaning);
  // Whole units in the text ("250ms", "10s", "5m", "2h", "7d").
  void duration(std::string key, std::chrono::milliseconds& into,
                std::chrono::milliseconds fallback, std::chrono::milliseconds min,
                std::chrono::milliseconds max, std::string meaning);

  // All problems at once: bad values, unknown keys of the file and unknown flags. Call after every
  // declaration.
  std::vector<std::string> problems() const;
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  struct Found {
    std::string value;
    std::string origin;
  };
  std::optional<Found> find(const std::string& key, bool secret);
  void declare(std::string key, std::string value, std::string origin, std::string meaning,
               bool secret);

  std::map<std::string, std::string> environment_;
  std::map<std::string, std::string> file_;
  std::map<std::string, std::string> flags_;
  std::vector<Entry> entries_;
  std::vector<std::string> problems_;
};

// The process environment as a map.
std::map<std::string, std::string> read_environment();

// "90s", "5m" as milliseconds; nothing when malformed.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace base
