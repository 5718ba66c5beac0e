#include "posts/media_files.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/text.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include <sys/stat.h>

namespace posts {

namespace {

[[noreturn]] void unavailable(std::string_view what) {
  throw base::Unavailable("media storage: cannot " + std::string(what) + ": " +
                          std::strerror(errno));
}

class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool open() const { return fd_ >= 0; }

  void write_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) unavailable("write a file");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  std::string read_all() const {
    struct stat status{};
    if (::fstat(fd_, &status) != 0) unavailable("read a file");
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t got = ::read(fd_, bytes.data() + done, bytes.size() - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) unavailable("read a file");
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return bytes;
  }

  void sync() const {
    if (::fsync(fd_) != 0) unavailable("make a file durable");
  }

 private:
  int fd_;
};

void make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw base::Unavailable("media storage: cannot make a folder: " + error.message());
}

void sync_folder(const std::string& folder) {
  const File file(folder, O_RDONLY | O_DIRECTORY);
  if (!file.open()) unavailable("open a folder");
  file.sync();
}

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

MediaFiles::MediaFiles(std::string folder) : folder_(std::move(folder)) { make_folder(folder_); }

std::string MediaFiles::path(const std::string& sha256) const {
  CHECK(is_hash(sha256));
  return folder_ + "/" + sha256.substr(0, 2) + "/" + sha256.substr(2);
}

std::string MediaFiles::aside(const std::string& sha256) const { return path(sha256) + ".aside"; }

void MediaFiles::put(const std::string& sha256, std::string_view bytes) const {
  const std::string target = path(sha256);
  const std::string folder = folder_ + "/" + sha256.substr(0, 2);
  make_folder(folder);
  const std::string temporary = target + "." + base::random_token(9) + ".part";
  try {
    const File file(temporary, O_WRONLY | O_CREAT | O_EXCL);
    if (!file.open()) unavailable("make a file");
    file.write_all(bytes);
    file.sync();
    if (::rename(temporary.c_str(), target.c_str()) != 0) unavailable("name a file");
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(folder);
  sync_folder(folder_);
}

std::optional<std::string> MediaFiles::get(const std::string& sha256) const {
  const std::string name = path(sha256);
  // A process may have died with the file set aside: what is asked for is wanted.
  if (::access(name.c_str(), F_OK) != 0) ::rename(aside(sha256).c_str(), name.c_str());
  const File file(name, O_RDONLY);
  if (!file.open()) {
    if (errno == ENOENT) return std::nullopt;
    unavailable("open a file");
  }
  std::string bytes = file.read_all();
  if (base::hex(base::sha256(bytes)) != sha256) {
    throw base::Unavailable("media storage: a file is damaged: " + sha256);
  }
  return bytes;
}

bool MediaFiles::set_aside(const std::string& sha256) const {
  if (::rename(path(sha256).c_str(), aside(sha256).c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  unavailable("set a file aside");
}

void MediaFiles::put_back(const std::string& sha256) const {
  if (::rename(aside(sha256).c_str(), path(sha256).c_str()) != 0) unavailable("put a file back");
}

void MediaFiles::drop(const std::string& sha256) const {
  if (::unlink(aside(sha256).c_str()) != 0 && errno != ENOENT) unavailable("remove a file");
}

}  // namespace posts
