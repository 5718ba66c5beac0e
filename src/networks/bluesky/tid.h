// TID: the record key that Bluesky wants, chosen by us before the first try, so that every try
// names the same record.
//
// 13 characters, base32-sortable: 53 bits of microseconds, 10 bits of clock id. Many posts of one
// account may carry the same `created_at` (a worker claims in batches), and 10 bits would then
// collide soon; so the microseconds within the second come from the key as well: 30 bits that tell
// posts of one second apart.
#pragma once

#include "networks/network.h"

#include <string>
#include <string_view>

namespace networks::bluesky {

// `part` numbers the parts of a thread, which sort in their order. The same arguments give the same
// TID, always.
std::string make_tid(const Key& key, std::size_t part);
bool is_tid(std::string_view text);

}  // namespace networks::bluesky
