// Strong ids. Every row has a UUIDv7 (RFC 9562): time-ordered, so indexes grow at one end, and
// unguessable enough not to leak counts. An Id<PostTag> never meets an Id<AccountTag> by mistake.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace base {

// Thread-safe; ids made by one process sort in the order of their making.
std::string make_uuid7();
bool is_uuid(std::string_view text);

template <class Tag>
struct Id {
  std::string value;

  static Id make() { return {make_uuid7()}; }
  explicit operator bool() const { return !value.empty(); }
  auto operator<=>(const Id&) const = default;
};

struct UserTag;
struct WorkspaceTag;
struct AccountTag;
struct PostTag;
struct TargetTag;
struct AttemptTag;
struct MediaTag;
struct TrendTag;
using UserId = Id<UserTag>;
using WorkspaceId = Id<WorkspaceTag>;
using AccountId = Id<AccountTag>;
using PostId = Id<PostTag>;
using TargetId = Id<TargetTag>;
using AttemptId = Id<AttemptTag>;
using MediaId = Id<MediaTag>;
using TrendId = Id<TrendTag>;

}  // namespace base

template <class Tag>
struct std::hash<base::Id<Tag>> {
  std::size_t operator()(const base::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
