// What a double received, for whoever counts: the same text twice under one parent is a repeat.
// Pure.
#pragma once

#include "networks/doubles/double.h"

#include <cstddef>
#include <string>
#include <vector>

namespace networks::doubles {

struct Received {
  std::string text;
  std::string parent;
  std::vector<std::string> ids;   // one for each copy
  std::vector<std::string> keys;  // as the network knows them, without repeats
};

// In the order of their first copies.
std::vector<Received> group(const std::vector<Taken>& taken);

// {"accepted", "distinct", "doubled", "posts": the last `limit`}
json::object to_json(const std::vector<Received>& groups, std::size_t accepted, std::size_t limit);

}  // namespace networks::doubles
