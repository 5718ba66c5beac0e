// Signed links: who has one sees that one picture for about an hour, without signing in. Any
// process with the same APP_KEY makes and accepts them, also those of a key that was rotated out of
// the first place. Pure, but for the clock.
#pragma once

#include "base/crypto.h"
#include "base/id.h"
#include "base/time.h"

#include <string>
#include <string_view>

namespace media {

class Links {
 public:
  // `public_url` may be empty: links are then relative.
  Links(const base::Clock& clock, const base::Vault& vault, std::string public_url);

  // Of a picture as it was uploaded, or of a copy of it (the hash of the copy). Ends on a full
  // hour, one to two hours away: the same link for a while, so that caches help.
  std::string link(const base::MediaId& id, std::string_view copy = "") const;
  // The same, for networks that fetch: empty when nobody could reach it.
  std::string public_link(const base::MediaId& id, std::string_view copy = "") const;

  // Compared in constant time.
  bool is_valid(const base::MediaId& id, std::string_view copy, std::string_view expires,
                std::string_view signature) const;

 private:
  const base::Clock& clock_;
  base::Signer signer_;
  std::string public_url_;
};

}  // namespace media
