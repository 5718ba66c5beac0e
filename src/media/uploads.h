// Uploads that can be cut off and go on: in pieces, each of them durable when its answer goes out.
//
// A piece is an object of the store, the offset a column that is changed only together with the
// piece's row, and only from the value that the client named. So any backend takes any piece, of
// two clients that send the same piece one gets 409, and a crash costs the piece that was on its
// way. When the last one is there, the whole is checked like any upload and becomes media, once.
#pragma once

#include "media/media.h"

#include <cstdint>
#include <optional>
#include <string>

namespace media {

inline constexpr std::chrono::hours upload_lifetime{24};
inline constexpr std::int64_t open_uploads_max = 50;                    // of a workspace
inline constexpr std::size_t piece_bytes_min = std::size_t{16} * 1024;  // but for the last one

struct Upload {
  std::string id;
  base::WorkspaceId workspace;
  std::int64_t length = 0;
  std::int64_t received = 0;  // the offset
  std::string alt_text;
  std::optional<base::MediaId> media;  // once complete
  base::Instant expires_at;
};

class Uploads {
 public:
  Uploads(db::Database& database, const base::Clock& clock, Media& media);

  io::Task<base::Result<Upload>> create(base::WorkspaceId workspace, std::int64_t length,
                                        std::string alt_text);
  // 404 when there is none (any more), 410 when its time is over.
  io::Task<base::Result<Upload>> get(base::WorkspaceId workspace, std::string id);
  // 409 when `offset` is not where it stands, 413 when it gets longer than was said, 415 when it
  // turns out to be no image: then it is gone.
  io::Task<base::Result<Upload>> append(base::WorkspaceId workspace, std::string id,
                                        std::int64_t offset, std::string bytes);
  io::Task<base::Result<void>> remove(base::WorkspaceId workspace, std::string id);

  // Removes those whose time is over; how many.
  io::Task<std::int64_t> remove_expired();

 private:
  io::Task<base::Result<Upload>> find(base::WorkspaceId workspace, std::string id);
  // True when the piece counts; false when somebody else has moved the offset.
  io::Task<bool> take_piece(Upload upload, std::int64_t offset, std::string bytes);
  io::Task<base::Result<Upload>> finish(Upload upload);
  io::Task<base::Result<MediaItem>> assemble(Upload upload);
  io::Task<> drop(std::string id);
  io::Task<> remove_objects(db::Rows pieces);

  db::Database& database_;
  const base::Clock& clock_;
  Media& media_;
};

}  // namespace media
