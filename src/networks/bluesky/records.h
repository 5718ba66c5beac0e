// The records that a post or thread becomes, with their addresses, all known before anything is
// sent.
#pragma once

#include "networks/network.h"

#include <map>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace networks::bluesky {

// An uploaded picture: the PDS's blob object and what the record says of it.
struct Picture {
  json::object blob;
  std::string alt_text;
  std::int64_t width = 0;
  std::int64_t height = 0;
};

struct PostText {
  std::string text;
  std::vector<Picture> pictures;
};

struct ThreadPlan {
  std::string did;
  std::string language;
  std::optional<json::object> reply_to;      // reference of the post before the first
  std::map<std::string, std::string> known;  // handle -> DID of the mentioned
};

// [{"rkey", "uri", "cid", "record"}, ...]: each but the first replies to the one before it.
json::array make_records(const std::vector<PostText>& posts, const ThreadPlan& plan,
                         const Key& key);

// What a Published says of them: {"uri","cid"} of the last, {"root"} and all {"parts"}.
json::object make_reference(const json::array& writes);

}  // namespace networks::bluesky
