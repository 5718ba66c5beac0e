// Registry: names as one-byte numbers (sources, languages), in the order of their first use. The
// 255th and later ones share a number, so a hostile stream of languages stays bounded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trends {

class Registry {
 public:
  static constexpr std::uint8_t other = 255;

  std::uint8_t number(std::string_view name) {
    if (last_ < names_.size() && names_[last_] == name) return last_;
    const auto place = std::ranges::find(names_, name);
    const auto index = static_cast<std::size_t>(place - names_.begin());
    if (place == names_.end()) {
      if (names_.size() == other) return other;
      names_.emplace_back(name.substr(0, 64));
    }
    return last_ = static_cast<std::uint8_t>(index);
  }

  std::string name(std::uint32_t number) const {
    return number < names_.size() ? names_[number] : "other";
  }

  template <class Visitor>
  void archive(Visitor& visitor);

 private:
  std::vector<std::string> names_;
  std::uint8_t last_ = 0;
};

}  // namespace trends
