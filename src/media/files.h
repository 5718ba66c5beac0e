// Contents in the store: the same bytes are kept once, whoever uploads them.
//
// A row of `media_files` says under which key a content lies. The object comes first, then the row,
// then what refers to it, and a key is never used again. So garbage collection needs no lock on the
// store: it removes a row that nothing refers to (a content that is stored again at that moment
// makes the row fresh, which spares it), and only then the object. What is left after a crash is an
// object without a row, which the sweep over the store finds (garbage.h).
#pragma once

#include "base/time.h"
#include "db/database.h"
#include "media/store.h"

#include <optional>
#include <string>

namespace media {

// A row that was used by put() within this time is not garbage, whatever refers to it.
inline constexpr std::chrono::hours file_fresh{1};

class Files {
 public:
  Files(db::Database& database, const base::Clock& clock, Store& store);

  // The content is stored when this returns, and stays for an hour; who wants it for longer has a
  // row in `media` or `media_copies` by then. The hash, in hex.
  io::Task<std::string> put(SharedBytes bytes);
  // Nothing when there is no such content; throws when it is damaged.
  io::Task<std::optional<std::string>> get(std::string sha256);

  // Removes the contents that nothing refers to; how many.
  io::Task<std::int64_t> remove_unused();

  Store& store() { return store_; }
  // A key that nobody has: "ab/cdef....k3Jz".
  static std::string fresh_key(std::string_view sha256);

 private:
  io::Task<std::optional<std::string>> key_of(std::string sha256, bool make_fresh);

  db::Database& database_;
  const base::Clock& clock_;
  Store& store_;
};

}  // namespace media
