// A LocalFeed in memory.
#pragma once

#include "networks/network.h"

#include <map>
#include <utility>
#include <vector>

namespace networks::doubles {

class MemoryFeed final : public LocalFeed {
 public:
  io::Task<> put(base::AccountId account, std::string key, json::object item) override {
    items_.insert_or_assign({account.value, key}, std::move(item));
    co_return;
  }
  io::Task<bool> contains(base::AccountId account, std::string key) override {
    co_return items_.contains({account.value, key});
  }
  std::vector<json::object> items() const {
    std::vector<json::object> out;
    for (const auto& [key, item] : items_) out.push_back(item);
    return out;
  }

 private:
  std::map<std::pair<std::string, std::string>, json::object> items_;
};

}  // namespace networks::doubles
