#include "trends/trend.h"

namespace trends {

namespace {

constexpr std::array<std::string_view, kind_count> names = {"tag", "word", "bigram", "link",
                                                            "cashtag"};

}  // namespace

std::string_view kind_name(Kind kind) { return names[static_cast<std::size_t>(kind)]; }

std::optional<Kind> kind_from_name(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

std::string bare_name(std::string_view topic) {
  std::string name(topic);
  std::erase_if(name,
                [](char c) { return c == ' ' || c == '_' || c == '#' || c == '$' || c == '-'; });
  return name;
}

}  // namespace trends
