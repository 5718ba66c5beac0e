// A place in PostgreSQL's write-ahead log, as it prints them: "16/B374D848". What a transaction
// wrote lies below the place where the log ended when its commit was answered.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace db {

struct Position {
  std::uint64_t bytes = 0;

  // Nothing when it is not of that form.
  static std::optional<Position> parse(std::string_view text);
  // Above everything: of a write whose place could not be learnt.
  static Position beyond_all() { return {UINT64_MAX}; }
  std::string text() const;
  auto operator<=>(const Position&) const = default;
};

}  // namespace db
