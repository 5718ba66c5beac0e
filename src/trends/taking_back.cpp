#include "trends/taking_back.h"

#include <unordered_set>

namespace trends {

std::size_t take_back(Tables& tables, std::uint8_t source, std::span<const std::string> ids) {
  std::unordered_set<std::string_view> gone;
  for (const std::string& id : ids) gone.insert(PostStore::stored_id(id));
  const std::vector<std::uint32_t> posts = tables.posts.find_all(source, gone);
  for (const std::uint32_t post : posts) {
    for (std::uint32_t entry = 0; entry < tables.evidence.end(); ++entry) {
      if (tables.evidence[entry].used) tables.evidence[entry].drop(post, tables.posts);
    }
    tables.posts.blank(post);
  }
  return posts.size();
}

}  // namespace trends
