// Objects as files of a folder; for several machines a shared one (NFS).
//
// Durable before put() returns (fsync of file and folders), never half written (temporary name,
// then rename). The work is done on helper threads.
#pragma once

#include "media/store.h"

#include <string>

namespace media {

class DiskStore final : public Store {
 public:
  // Makes the folder when it is missing; throws base::Unavailable when it cannot.
  explicit DiskStore(std::string folder);

  std::string name() const override;
  io::Task<> put(std::string key, SharedBytes bytes) override;
  io::Task<std::optional<std::string>> get(std::string key) override;
  io::Task<bool> has(std::string key) override;
  io::Task<> remove(std::string key) override;
  io::Task<Page> list(std::string after) override;

 private:
  std::string path(const std::string& key) const;

  std::string folder_;
};

}  // namespace media
