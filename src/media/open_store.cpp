#include "media/open_store.h"

#include "base/error.h"
#include "media/disk_store.h"
#include "media/s3_store.h"

namespace media {

std::unique_ptr<Store> open_store(const Settings& settings, http::Client& client,
                                  const std::string& folder) {
  constexpr std::string_view file = "file://";
  if (const auto problem = problem_of(settings)) throw base::Unavailable(*problem);
  if (settings.url.empty()) return std::make_unique<DiskStore>(folder);
  if (settings.url.starts_with(file)) {
    return std::make_unique<DiskStore>(settings.url.substr(file.size()));
  }
  return std::make_unique<S3Store>(client, S3Access{.place = *parse_s3_url(settings.url),
                                                    .access_key_id = settings.access_key_id,
                                                    .secret_access_key = settings.secret_access_key,
                                                    .session_token = settings.session_token});
}

}  // namespace media
