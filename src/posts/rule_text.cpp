#include "posts/rule_text.h"

#include "base/text.h"
#include "posts/recurrence.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

namespace posts {

namespace {

using Parts = std::map<std::string, std::string>;

std::unexpected<base::Error> bad(std::string message) {
  return base::invalid("repeat.rrule", std::move(message));
}

std::optional<int> number_in(const std::string& text, int min, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < min || value > max) return std::nullopt;
  return value;
}

base::Result<Parts> split_rule(std::string_view text) {
  static const std::set<std::string> known = {
      "FREQ",  "INTERVAL", "COUNT",    "UNTIL",    "BYMONTH",  "BYYEARDAY", "BYMONTHDAY",
      "BYDAY", "BYHOUR",   "BYMINUTE", "BYSETPOS", "BYSECOND", "WKST"};
  // Not BYWEEKNO: libical 3.0 gives wrong days for it around the turn of a year.
  Parts parts;
  for (std::string_view piece : base::split(text, ';')) {
    const std::size_t equals = piece.find('=');
    if (equals == std::string_view::npos || equals + 1 == piece.size()) {
      return bad("is not a rule such as FREQ=WEEKLY;BYDAY=MO,WE");
    }
    const std::string name(piece.substr(0, equals));
    if (!known.contains(name))
      return bad(fmt::format("has a part {} that is not known here", name));
    if (!parts.emplace(name, piece.substr(equals + 1)).second) {
      return bad(fmt::format("has the part {} twice", name));
    }
  }
  return parts;
}

// What RFC 5545, section 3.3.10, does not allow together, and what it allows but libical 3.0 gives
// wrong days for (held against a second implementation): nothing is better than a wrong day.
std::optional<std::string> contradiction(const Parts& parts) {
  const std::string& frequency = parts.at("FREQ");
  const auto has = [&parts](const char* name) { return parts.contains(name); };
  const bool by_month = frequency == "MONTHLY" || frequency == "YEARLY";
  if (has("COUNT") && has("UNTIL")) return "has both COUNT and UNTIL: give one of them";
  if (has("BYYEARDAY") && frequency != "YEARLY") {
    return "has BYYEARDAY, which goes with FREQ=YEARLY only";
  }
  if (frequency == "HOURLY") {
    // Every hour of centuries would be gone through for a rule that hardly ever matches.
    for (const char* name : {"BYMONTH", "BYMONTHDAY", "BYHOUR", "BYSETPOS"}) {
      if (has(name)) return fmt::format("has {} with FREQ=HOURLY: use FREQ=DAILY and BYHOUR", name);
    }
  }
  if (has("BYMONTHDAY")) {
    if (frequency == "WEEKLY") return "has BYMONTHDAY, but FREQ=WEEKLY";
    if (frequency == "YEARLY" && !has("BYMONTH")) {
      return "has BYMONTHDAY without BYMONTH: use FREQ=MONTHLY, or say in which months";
    }
    if (frequency == "DAILY" && parts.at("BYMONTHDAY").contains('-')) {
      return "counts days from the end of the month: use FREQ=MONTHLY";
    }
  }
  const bool numbered =
      has("BYDAY") && parts.at("BYDAY").find_first_of("0123456789") != std::string::npos;
  if (numbered && !by_month) {
    return "has a numbered day (such as 1MO), which goes with FREQ=MONTHLY or YEARLY only";
  }
  if (numbered && has("BYMONTHDAY")) return "has a numbered day (such as 1MO) beside BYMONTHDAY";
  if (!has("BYSETPOS")) return std::nullopt;
  if (has("BYMONTHDAY") && parts.at("BYMONTHDAY").contains('-')) {
    return "has BYSETPOS beside days from the end of the month";
  }
  if (!by_month || has("BYHOUR") || has("BYMINUTE")) {
    return "has BYSETPOS, which goes with days of FREQ=MONTHLY or YEARLY only";
  }
  if (!has("BYDAY") && !has("BYMONTHDAY") && !has("BYYEARDAY") && !has("BYMONTH")) {
    return "has BYSETPOS, but no other BY... to choose from";
  }
  return std::nullopt;
}

}  // namespace

base::Result<std::string> checked_rule_text(std::string_view given) {
  if (given.size() > rrule_size_max) {
    return bad(fmt::format("is longer than {} characters", rrule_size_max));
  }
  std::string text(base::trim(given));
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  constexpr std::string_view name = "RRULE:";
  if (text.starts_with(name)) text.erase(0, name.size());
  auto parts = split_rule(text);
  if (!parts) return std::unexpected(parts.error());
  if (!parts->contains("FREQ")) return bad("has no FREQ");
  const std::string& frequency = parts->at("FREQ");
  constexpr std::array allowed = {"HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
  if (std::ranges::find(allowed, frequency) == allowed.end()) {
    return bad("FREQ is one of HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY");
  }
  if (parts->contains("BYSECOND")) return bad("has BYSECOND: posts go out on full minutes");
  if (parts->contains("INTERVAL") && !number_in(parts->at("INTERVAL"), 1, rule_interval_max)) {
    return bad(fmt::format("INTERVAL is 1 to {}", rule_interval_max));
  }
  if (parts->contains("COUNT") && !number_in(parts->at("COUNT"), 1, rule_count_max)) {
    return bad(fmt::format("COUNT is 1 to {}", rule_count_max));
  }
  if (auto wrong = contradiction(*parts)) return bad(*wrong);
  return text;
}

}  // namespace posts
