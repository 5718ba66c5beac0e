// Removes what nobody needs: unused media, converted copies, uploads whose time is over, contents
// without a row that wants them, and objects of the store that no row knows. A periodic job of the
// workers; any number of them may run at once, and a post that takes a picture into use at that
// very moment either keeps it or is told that it is gone.
#pragma once

#include "media/uploads.h"

#include <cstdint>
#include <string>
#include <vector>

namespace media {

inline constexpr std::chrono::hours media_unused_max{24};
// An object whose row is not there yet is younger than this.
inline constexpr std::chrono::hours orphan_age{24};

struct Swept {
  std::int64_t media = 0;
  std::int64_t copies = 0;
  std::int64_t uploads = 0;
  std::int64_t files = 0;
  std::int64_t orphans = 0;

  std::int64_t sum() const { return media + copies + uploads + files + orphans; }
};

// What the store and the rows disagree on (socialtrend doctor).
struct StoreReport {
  std::int64_t rows = 0;
  std::int64_t missing = 0;  // rows whose object is not there
  std::vector<std::string> missing_examples = {};
  std::int64_t orphans = 0;  // objects that no row knows, older than a day
};

class Garbage {
 public:
  Garbage(db::Database& database, const base::Clock& clock, Media& media, Uploads& uploads);

  // All but the store's orphans: costs with what there is to remove.
  io::Task<Swept> collect();
  // Also walks over the whole store.
  io::Task<Swept> collect_with_orphans();

 private:
  io::Task<std::int64_t> remove_unused_media();
  io::Task<std::int64_t> remove_orphans();

  db::Database& database_;
  const base::Clock& clock_;
  Media& media_;
  Uploads& uploads_;
};

// Reads everything, changes nothing.
io::Task<StoreReport> inspect(db::Database& database, const base::Clock& clock, Store& store);

}  // namespace media
