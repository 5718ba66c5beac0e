#include "base/config.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

extern char**
    environ;  // NOLINT(readability-redundant-declaration): POSIX wants it declared by the program

namespace base {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
    if (c == '-') c = '_';
  }
  return result;
}

std::string format_duration(std::chrono::milliseconds value) {
  const auto count = value.count();
  if (count % 86'400'000 == 0 && count != 0) return fmt::format("{}d", count / 86'400'000);
  if (count % 3'600'000 == 0 && count != 0) return fmt::format("{}h", count / 3'600'000);
  if (count % 60'000 == 0 && count != 0) return fmt::format("{}m", count / 60'000);
  if (count % 1'000 == 0) return fmt::format("{}s", count / 1'000);
  return fmt::format("{}ms", count);
}

// Where a value only says where a secret lies, what it is called; else "". Taken as it is, it would
// be sent to somebody as if it were a password.
std::string_view reference_in(std::string_view value) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> references{
      {{"vault://", "a reference to Vault"},
       {"vault:", "a reference to Vault"},
       {"arn:aws:secretsmanager:", "a reference to AWS Secrets Manager"},
       {"arn:aws:ssm:", "a reference to AWS Parameter Store"},
       {"aws-sm://", "a reference to AWS Secrets Manager"},
       {"gcp-sm://", "a reference to Google Secret Manager"},
       {"op://", "a reference to 1Password"},
       {"secret://", "a reference to a secret"},
       {"file://", "the address of a file"},
       {"${", "a variable that was not replaced"}}};
  for (const auto& [beginning, kind] : references) {
    if (value.starts_with(beginning)) return kind;
  }
  const bool google = value.starts_with("projects/") && value.contains("/secrets/");
  return google ? "a reference to Google Secret Manager" : "";
}

}  // namespace

std::map<std::string, std::string> read_environment() {
  std::map<std::string, std::string> found;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || count > 1'000'000'000) return {};
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  using std::chrono::milliseconds;
  if (unit == "ms") return milliseconds(count);
  if (unit == "s") return milliseconds(count * 1'000);
  if (unit == "m") return milliseconds(count * 60'000);
  if (unit == "h") return milliseconds(count * 3'600'000);
  if (unit == "d") return milliseconds(count * 86'400'000);
  return {};
}

Config::Config(std::map<std::string, std::string> environment, std::string file_text,
               std::map<std::string, std::string> flags)
    : environment_(std::move(environment)) {
  for (auto& [key, value] : flags) flags_[upper(key)] = std::move(value);
  try {
    const toml::table table = toml::parse(file_text, std::string_view("socialtrend.toml"));
    for (const auto& [key, node] : table) {
      std::ostringstream value;
      if (const auto text = node.value<std::string>(); text && node.is_string()) {
        value << *text;
      } else if (node.is_integer() || node.is_boolean() || node.is_floating_point()) {
        node.visit([&](const auto& leaf) {
          if constexpr (toml::is_value<decltype(leaf)>) value << std::boolalpha << *leaf;
        });
      } else {
        problems_.push_back(fmt::format(
            "socialtrend.toml: {} must be a string, a number or true/false", key.str()));
        continue;
      }
      file_[upper(key.str())] = value.str();
    }
  } catch (const toml::parse_error& error) {  // the library's way to say "line 3: ..."
    problems_.push_back(fmt::format("socialtrend.toml, line {}: {}", error.source().begin.line,
                                    error.description()));
  }
}

std::optional<Config::Found> Config::find(const std::string& key, bool secret) {
  if (const auto flag = flags_.find(key); flag != flags_.end()) return Found{flag->second, "flag"};
  if (const auto entry = environment_.find(key); entry != environment_.end())
    return Found{entry->second, "environment"};
  if (const auto entry = environment_.find(key + "_FILE"); secret && entry != environment_.end()) {
    std::ifstream file(entry->second);
    if (!file) {
      problems_.push_back(
          fmt::format("{}_FILE names {}, which cannot be read", key, entry->second));
      return {};
    }
    std::string value{std::istreambuf_iterator<char>(file), {}};
    if (trim(value).empty()) {
      problems_.push_back(fmt::format("{}_FILE names {}, which is empty", key, entry->second));
    }
    return Found{std::string(trim(value)), "file " + entry->second};
  }
  if (const auto entry = file_.find(key); entry != file_.end())
    return Found{entry->second, "socialtrend.toml"};
  return {};
}

void Config::declare(std::string key, std::string value, std::string origin, std::string meaning,
                     bool secret) {
  if (secret && !value.empty()) value = "***";
  entries_.push_back(
      {std::move(key), std::move(value), std::move(origin), std::move(meaning), secret});
}

void Config::text(std::string key, std::string& into, std::string fallback, std::string meaning) {
  const auto found = find(key, false);
  into = found ? found->value : std::move(fallback);
  declare(std::move(key), into, found ? found->origin : "default", std::move(meaning), false);
}

void Config::secret(std::string key, std::string& into, std::string meaning) {
  const auto found = find(key, true);
  into = found ? found->value : "";
  if (const std::string_view kind = reference_in(into); !kind.empty()) {
    problems_.push_back(fmt::format(
        "{} ({}): is {}, not the secret itself, and nobody resolves it here; let the platform put "
        "the secret in its place, or name a file that holds it: {}_FILE",
        key, found->origin, kind, key));
    into.clear();
  }
  declare(std::move(key), into, found ? found->origin : "default", std::move(meaning), true);
}

void Config::integer(std::string key, std::int64_t& into, std::int64_t fallback, std::int64_t min,
                     std::int64_t max, std::string meaning) {
  into = fallback;
  const auto found = find(key, false);
  if (found) {
    const std::string& text = found->value;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) {
      problems_.push_back(fmt::format("{}={} ({}): must be a whole number from {} to {}", key, text,
                                      found->origin, min, max));
    } else {
      into = value;
    }
  }
  declare(std::move(key), std::to_string(into), found ? found->origin : "default",
          std::move(meaning), false);
}

void Config::boolean(std::string key, bool& into, bool fallback, std::string meaning) {
  into = fallback;
  const auto found = find(key, false);
  if (found) {
    const std::string text = to_lower_ascii(found->value);
    if (text == "true" || text == "1" || text == "yes" || text == "on") {
      into = true;
    } else if (text == "false" || text == "0" || text == "no" || text == "off") {
      into = false;
    } else {
      problems_.push_back(
          fmt::format("{}={} ({}): must be true or false", key, found->value, found->origin));
    }
  }
  declare(std::move(key), into ? "true" : "false", found ? found->origin : "default",
          std::move(meaning), false);
}

void Config::choice(std::string key, std::string& into, std::string fallback,
                    std::vector<std::string> allowed, std::string meaning) {
  into = std::move(fallback);
  const auto found = find(key, false);
  if (found) {
    if (std::ranges::find(allowed, found->value) == allowed.end()) {
      problems_.push_back(fmt::format("{}={} ({}): must be one of {}", key, found->value,
                                      found->origin, join(allowed, ", ")));
    } else {
      into = found->value;
    }
  }
  declare(std::move(key), into, found ? found->origin : "default", std::move(meaning), false);
}

void Config::duration(std::string key, std::chrono::milliseconds& into,
                      std::chrono::milliseconds fallback, std::chrono::milliseconds min,
                      std::chrono::milliseconds max, std::string meaning) {
  into = fallback;
  const auto found = find(key, false);
  if (found) {
    const auto value = parse_duration(found->value);
    if (!value || *value < min || *value > max) {
      problems_.push_back(fmt::format("{}={} ({}): must be a time from {} to {}, such as 30s or 5m",
                                      key, found->value, found->origin, format_duration(min),
                                      format_duration(max)));
    } else {
      into = *value;
    }
  }
  declare(std::move(key), format_duration(into), found ? found->origin : "default",
          std::move(meaning), false);
}

std::vector<std::string> Config::problems() const {
  std::vector<std::string> all = problems_;
  const auto known = [&](const std::string& key) {
    return std::ranges::any_of(entries_, [&](const Entry& entry) { return entry.key == key; });
  };
  for (const auto& [key, value] : file_) {
    if (!known(key))
      all.push_back(fmt::format("socialtrend.toml: {} is not a setting; see: socialtrend config",
                                to_lower_ascii(key)));
  }
  for (const auto& [key, value] : flags_) {
    if (!known(key))
      all.push_back(fmt::format("--set {}: is not a setting; see: socialtrend config", key));
  }
  return all;
}

}  // namespace base
