#include "networks/doubles/received.h"

#include <map>
#include <utility>

namespace networks::doubles {
namespace {

json::array to_array(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

}  // namespace

std::vector<Received> group(const std::vector<Taken>& taken) {
  std::vector<Received> groups;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const auto& post : taken) {
    const auto [place, is_new] = places.emplace(std::pair{post.text, post.parent}, groups.size());
    if (is_new) groups.push_back({.text = post.text, .parent = post.parent, .ids = {}, .keys = {}});
    auto& same = groups[place->second];
    same.ids.push_back(post.id);
    const bool known = std::ranges::find(same.keys, post.key) != same.keys.end();
    if (!post.key.empty() && !known) same.keys.push_back(post.key);
  }
  return groups;
}

json::object to_json(const std::vector<Received>& groups, std::size_t accepted, std::size_t limit) {
  json::array posts;
  const std::size_t first = groups.size() > limit ? groups.size() - limit : 0;
  for (std::size_t i = first; i < groups.size(); ++i) {
    const auto& same = groups[i];
    posts.push_back(json::object{{"text", same.text},
                                 {"parent", same.parent},
                                 {"count", same.ids.size()},
                                 {"ids", to_array(same.ids)},
                                 {"keys", to_array(same.keys)}});
  }
  return {{"accepted", accepted},
          {"distinct", groups.size()},
          {"doubled", accepted - groups.size()},
          {"posts", std::move(posts)}};
}

}  // namespace networks::doubles
