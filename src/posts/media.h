// Media of a workspace: stored once by content, described by a row, shown by signed links.
//
// The type is what the bytes are, never what the upload said. A link works for about an hour and
// for one file; its signature is compared in constant time. What no post uses for a day is removed
// by collect_garbage().
#pragma once

#include "base/crypto.h"
#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "db/database.h"
#include "networks/network.h"
#include "posts/media_files.h"
#include "posts/post.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace posts {

inline constexpr std::size_t media_bytes_max = 20ULL * 1024 * 1024;
inline constexpr std::int64_t media_side_max = 16'384;         // pixels
inline constexpr std::int64_t media_pixels_max = 100'000'000;  // in all
inline constexpr std::size_t alt_text_max = 5'000;             // bytes
inline constexpr std::chrono::hours media_unused_max{24};

// Of a row with all columns of the table `media`.
MediaItem media_item_of(const db::Row& row);

class Media {
 public:
  // `folder` is DATA_DIR/media; `public_url` may be empty (links are then relative).
  Media(db::Database& database, const base::Clock& clock, const base::Vault& vault,
        std::string folder, std::string public_url);

  io::Task<base::Result<MediaItem>> upload(base::WorkspaceId workspace, std::string bytes,
                                           std::string alt_text);
  io::Task<base::Result<MediaItem>> get(base::WorkspaceId workspace, base::MediaId id);
  io::Task<base::Result<MediaItem>> set_alt_text(base::WorkspaceId workspace, base::MediaId id,
                                                 std::string alt_text);
  // Those of `ids` that exist in the workspace.
  io::Task<std::vector<MediaItem>> list(db::Session& session, base::WorkspaceId workspace,
                                        std::vector<base::MediaId> ids);

  // With bytes, for a connector; in the order asked for. 404 names nothing but the id.
  io::Task<base::Result<std::vector<networks::Image>>> load(base::WorkspaceId workspace,
                                                            std::vector<base::MediaId> ids);

  std::string link(const base::MediaId& id) const;
  struct File {
    MediaItem item;
    std::string bytes;
  };
  // What a signed link shows; 403 when it is wrong or over.
  io::Task<base::Result<File>> open_link(base::MediaId id, std::string expires,
                                         std::string signature);

  // Removes what was unused for a day; how many. A periodic job calls it.
  io::Task<std::int64_t> collect_garbage();

 private:
  std::string signature(const base::MediaId& id, std::string_view expires) const;
  io::Task<> remove_file(std::string sha256);

  db::Database& database_;
  const base::Clock& clock_;
  std::shared_ptr<const MediaFiles> files_;
  std::string link_key_;
  std::string public_url_;
};

// {"id", "content_type", ..., "url"}: schema Media.
json::object to_json(const MediaItem& item, std::string link);

}  // namespace posts
