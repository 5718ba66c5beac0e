// Media of a workspace: stored once by content, described by a row, made to fit each network, shown
// by signed links.
//
// The type is what the bytes are, never what the upload said. What a network gets is upright and
// without what a camera noted (Exif with its position), and keeps the limits of the account.
#pragma once

#include "base/error.h"
#include "media/copies.h"
#include "media/files.h"
#include "media/item.h"
#include "media/links.h"
#include "media/settings.h"
#include "networks/network.h"

#include <optional>
#include <string>
#include <vector>

namespace media {

inline constexpr std::size_t media_bytes_max = 20ULL * 1024 * 1024;
inline constexpr std::int64_t media_side_max = 16'384;         // pixels
inline constexpr std::int64_t media_pixels_max = 100'000'000;  // in all
inline constexpr std::size_t alt_text_max = 5'000;             // bytes

struct MediaDoors {
  db::Database& database;
  const base::Clock& clock;
  const base::Vault& vault;
  Store& store;
  Converter& converter;
};

struct MediaOptions {
  std::string public_url;  // may be empty
  std::int64_t workspace_bytes = std::int64_t{10} << 30;
  std::int64_t total_bytes = std::int64_t{100} << 30;
  // Whether the workers, which may be other machines, can convert; nothing: this process tells.
  std::optional<Converting> converting = {};
};

class Media {
 public:
  Media(MediaDoors doors, MediaOptions options);

  io::Task<base::Result<MediaItem>> upload(base::WorkspaceId workspace, std::string bytes,
                                           std::string alt_text);
  io::Task<base::Result<MediaItem>> get(base::WorkspaceId workspace, base::MediaId id);
  io::Task<base::Result<MediaItem>> set_alt_text(base::WorkspaceId workspace, base::MediaId id,
                                                 std::string alt_text);
  // Those of `ids` that exist in the workspace.
  io::Task<std::vector<MediaItem>> list(db::Session& session, base::WorkspaceId workspace,
                                        std::vector<base::MediaId> ids);

  // What happens to this picture for an account with these limits.
  Fit fit_for(const MediaItem& item, const networks::Limits& limits) const;
  // With bytes and made to fit, for a connector; in the order asked for. Errors name no file.
  io::Task<base::Result<std::vector<networks::Image>>> load(base::WorkspaceId workspace,
                                                            std::vector<base::MediaId> ids,
                                                            networks::Limits limits);

  std::string link(const base::MediaId& id) const { return links_.link(id); }
  struct File {
    std::string sha256;
    std::string content_type;
    std::string bytes;
  };
  // What a signed link shows; 403 when it is wrong or over.
  io::Task<base::Result<File>> open_link(base::MediaId id, std::string copy, std::string expires,
                                         std::string signature);

  // The parts of upload(), for what comes in pieces (uploads.h). Is there room for so much more?
  io::Task<base::Result<void>> room_for(base::WorkspaceId workspace, std::int64_t bytes);
  // Checked and in the store, but not yet a row.
  io::Task<base::Result<MediaItem>> store(base::WorkspaceId workspace, std::string bytes,
                                          std::string alt_text);
  static io::Task<> insert(db::Session& session, MediaItem item);

  Files& files() { return files_; }
  Copies& copies() { return copies_; }

 private:
  io::Task<base::Result<networks::Image>> load_one(MediaItem item, Fit fit);

  db::Database& database_;
  const base::Clock& clock_;
  MediaOptions options_;
  Links links_;
  Files files_;
  Copies copies_;
};

}  // namespace media
