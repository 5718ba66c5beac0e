#include "media/disk_store.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include <sys/stat.h>

namespace media {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t page_size = 1'000;

[[noreturn]] void unavailable(std::string_view what, int reason) {
  throw base::Unavailable("media storage: cannot " + std::string(what) + ": " +
                          std::strerror(reason));
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
      if (written < 0) unavailable("write a file", errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  std::string read_all() const {
    struct stat status{};
    if (::fstat(fd_, &status) != 0) unavailable("read a file", errno);
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t got = ::read(fd_, bytes.data() + done, bytes.size() - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) unavailable("read a file", errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return bytes;
  }

  void sync() const {
    if (::fsync(fd_) != 0) unavailable("make a file durable", errno);
  }

 private:
  int fd_;
};

void sync_folder(const fs::path& folder) {
  const File file(folder.string(), O_RDONLY | O_DIRECTORY);
  if (!file.open()) unavailable("open a folder", errno);
  file.sync();
}

// Makes the folders that are missing, and the name of each durable in its parent.
void make_folder(const fs::path& folder) {
  if (fs::is_directory(folder)) return;
  if (folder.has_parent_path()) make_folder(folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) unavailable("make a folder", errno);
  if (folder.has_parent_path()) sync_folder(folder.parent_path());
}

void write_file(const std::string& target, std::string_view bytes) {
  const fs::path folder = fs::path(target).parent_path();
  make_folder(folder);
  const std::string temporary = target + "." + base::random_token(9) + ".part";
  try {
    const File file(temporary, O_WRONLY | O_CREAT | O_EXCL);
    if (!file.open()) unavailable("make a file", errno);
    file.write_all(bytes);
    file.sync();
    if (::rename(temporary.c_str(), target.c_str()) != 0) unavailable("name a file", errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(folder);
}

std::optional<std::string> read_file(const std::string& path) {
  const File file(path, O_RDONLY);
  if (file.open()) return file.read_all();
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  unavailable("open a file", errno);
}

Store::Object object_of(const fs::path& path, const fs::path& folder) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};  // removed meanwhile
  return {.key = path.lexically_relative(folder).string(),
          .bytes = status.st_size,
          .changed_at = base::from_micros(status.st_mtime * std::int64_t{1'000'000})};
}

// In the order of the names of the folders below, so that a page can go on after the last one.
Store::Page list_page(const fs::path& folder, const std::string& after) {
  std::vector<std::string> below;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    if (name > after) below.push_back(std::move(name));
  }
  std::ranges::sort(below);
  Store::Page page;
  for (const std::string& name : below) {
    const auto add = [&](const fs::path& path) {
      Store::Object object = object_of(path, folder);
      if (!object.key.empty()) page.objects.push_back(std::move(object));
    };
    const fs::path path = folder / name;
    if (fs::is_regular_file(path)) add(path);
    if (fs::is_directory(path)) {
      for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) add(entry.path());
      }
    }
    if (page.objects.size() >= page_size) {
      page.next = name;
      break;
    }
  }
  return page;
}

}  // namespace

DiskStore::DiskStore(std::string folder) : folder_(std::move(folder)) { make_folder(folder_); }

std::string DiskStore::name() const { return "the folder " + folder_; }

std::string DiskStore::path(const std::string& key) const {
  CHECK(is_store_key(key));
  return folder_ + "/" + key;
}

io::Task<> DiskStore::put(std::string key, SharedBytes bytes) {
  co_await io::offload([path = path(key), bytes = std::move(bytes)] { write_file(path, *bytes); });
}

io::Task<std::optional<std::string>> DiskStore::get(std::string key) {
  co_return co_await io::offload([path = path(key)] { return read_file(path); });
}

io::Task<bool> DiskStore::has(std::string key) {
  co_return co_await io::offload([path = path(key)] { return ::access(path.c_str(), F_OK) == 0; });
}

io::Task<> DiskStore::remove(std::string key) {
  co_await io::offload([path = path(key)] {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
      unavailable("remove a file", errno);
    }
  });
}

io::Task<Store::Page> DiskStore::list(std::string after) {
  co_return co_await io::offload([folder = folder_, after = std::move(after)] {
    try {
      return list_page(folder, after);
    } catch (const fs::filesystem_error& error) {
      throw base::Unavailable("media storage: cannot list files: " + error.code().message());
    }
  });
}

}  // namespace media
