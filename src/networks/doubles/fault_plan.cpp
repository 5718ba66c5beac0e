#include "base/text.h"
#include "networks/doubles/fault.h"

#include <array>
#include <charconv>

namespace networks::doubles {
namespace {

constexpr std::array names = {
    std::pair{Fault::none, "none"},
    std::pair{Fault::refuse_connection, "refuse_connection"},
    std::pair{Fault::drop_answer, "drop_answer"},
    std::pair{Fault::delay, "delay"},
    std::pair{Fault::rate_limit, "rate_limit"},
    std::pair{Fault::fail_before, "fail_before"},
    std::pair{Fault::fail_after, "fail_after"},
    std::pair{Fault::malformed_answer, "malformed_answer"},
    std::pair{Fault::wrong_types, "wrong_types"},
    std::pair{Fault::huge_answer, "huge_answer"},
    std::pair{Fault::redirect, "redirect"},
    std::pair{Fault::expire_token, "expire_token"},
    std::pair{Fault::revoke, "revoke"},
};

// After these an account goes on by itself.
constexpr std::array passing = {Fault::drop_answer, Fault::delay,      Fault::rate_limit,
                                Fault::fail_before, Fault::fail_after, Fault::malformed_answer};

constexpr std::int64_t delay_ms_max = 300'000;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

base::Error wrong(std::string message) {
  return base::invalid("faults", std::move(message)).error();
}

// One "name=value" into the plan; what is wrong with it otherwise.
std::optional<base::Error> read_item(std::string_view item, FaultPlan& plan) {
  const auto equals = std::min(item.find('='), item.size());
  const auto name = base::trim(item.substr(0, equals));
  const auto value = base::trim(item.substr(std::min(equals + 1, item.size())));
  if (name == "seed") {
    const auto seed = parse_number<std::uint64_t>(value);
    if (!seed) return wrong("The seed is a whole number.");
    plan.seed = *seed;
    return std::nullopt;
  }
  if (name == "delay_ms") {
    const auto delay = parse_number<std::int64_t>(value);
    if (!delay || *delay < 0 || *delay > delay_ms_max)
      return wrong(fmt::format("delay_ms is between 0 and {}.", delay_ms_max));
    plan.delay = std::chrono::milliseconds(*delay);
    return std::nullopt;
  }
  const auto rate = parse_number<double>(value);
  // Written so that "nan" is refused too.
  if (!rate || !(*rate >= 0.0 && *rate <= 1.0))
    return wrong(fmt::format("'{}' wants a rate between 0 and 1.", base::clean_utf8(name)));
  if (name == "rate") {
    for (const auto fault : passing)
      plan.rates.emplace_back(fault, *rate / static_cast<double>(passing.size()));
    return std::nullopt;
  }
  const auto fault = parse_fault(name);
  if (!fault || *fault == Fault::none)
    return wrong(fmt::format("There is no fault '{}'.", base::clean_utf8(name)));
  plan.rates.emplace_back(*fault, *rate);
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Fault fault) {
  for (const auto& [value, name] : names) {
    if (value == fault) return name;
  }
  return "none";
}

std::vector<Fault> all_faults() {
  std::vector<Fault> faults;
  for (const auto& [value, name] : names) faults.push_back(value);
  return faults;
}

std::optional<Fault> parse_fault(std::string_view name) {
  for (const auto& [value, known] : names) {
    if (name == known) return value;
  }
  return std::nullopt;
}

base::Result<FaultPlan> parse_fault_plan(std::string_view text) {
  FaultPlan plan;
  if (base::trim(text).empty()) return plan;
  for (const auto item : base::split(text, ',')) {
    if (auto error = read_item(item, plan)) return std::unexpected(std::move(*error));
  }
  double sum = 0;
  for (const auto& [fault, rate] : plan.rates) sum += rate;
  if (sum > 1.0 + 1e-9) return std::unexpected(wrong("The rates sum up to more than 1."));
  return plan;
}

}  // namespace networks::doubles
