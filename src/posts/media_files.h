// Files by their content: <folder>/ab/cdef..., named by the SHA-256 of their bytes, so that the
// same picture is stored once and a file never changes. Durable before put() returns (fsync of
// file and folder), never half written (temporary name, then rename).
//
// Blocking: call through io::offload. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posts {

class MediaFiles {
 public:
  // Makes the folder when it is missing; throws base::Unavailable when it cannot.
  explicit MediaFiles(std::string folder);

  // `sha256` in hex, of `bytes`. Throws base::Unavailable when the disk does not take it.
  void put(const std::string& sha256, std::string_view bytes) const;
  // Nothing when there is no such file; throws when it cannot be read or is not what was stored.
  std::optional<std::string> get(const std::string& sha256) const;

  // Removing in two steps, so that a file which somebody has just stored again is not lost: it is
  // set aside, the database is asked once more, and then it is dropped or put back.
  bool set_aside(const std::string& sha256) const;  // false when there is no such file
  void put_back(const std::string& sha256) const;
  void drop(const std::string& sha256) const;

 private:
  std::string path(const std::string& sha256) const;
  std::string aside(const std::string& sha256) const;

  std::string folder_;
};

}  // namespace posts
