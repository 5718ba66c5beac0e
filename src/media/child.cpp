#include "media/child.h"

#include "base/error.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <spawn.h>
#include <unistd.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace media {

namespace {

using namespace boost::asio::experimental::awaitable_operators;

[[noreturn]] void unavailable(std::string_view what, int reason) {
  throw base::Unavailable("cannot " + std::string(what) + ": " + std::strerror(reason));
}

class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(memfd_create(name, MFD_CLOEXEC)) {
    if (fd_ < 0) unavailable("make a file in memory", errno);
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int fd() const { return fd_; }

  void write_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) unavailable("write to memory", errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::lseek(fd_, 0, SEEK_SET) < 0) unavailable("rewind", errno);
  }

  std::string read_all(std::size_t max) const {
    struct stat status{};
    if (::fstat(fd_, &status) != 0) unavailable("read from memory", errno);
    std::string bytes(std::min(static_cast<std::size_t>(status.st_size), max), '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t got =
          ::pread(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) unavailable("read from memory", errno);
      done += static_cast<std::size_t>(got);
    }
    return bytes;
  }

 private:
  int fd_;
};

// Killed and reaped at the latest when this goes.
class Child {
 public:
  Child(const std::string& program, const std::vector<std::string>& arguments, int input,
        int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) {
      argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    char* no_environment[] = {nullptr};
    const int failed = posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(),
                                   static_cast<char**>(no_environment));
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) unavailable("start " + program, failed);
  }
  ~Child() {
    if (!reaped_) {
      ::kill(pid_, SIGKILL);
      reap();
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Readable when the child has ended.
  int open_handle() const {
    const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (handle < 0) unavailable("watch a child process", errno);
    return handle;
  }

  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  bool reaped_ = false;
};

io::Task<> wait_for_end(asio::posix::stream_descriptor& handle) {
  co_await handle.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
}

}  // namespace

io::Task<ChildResult> run_child(std::string program, std::vector<std::string> arguments,
                                std::shared_ptr<const std::string> input,
                                std::chrono::milliseconds time_max, std::size_t output_max) {
  const auto in = std::make_shared<MemoryFile>("input");
  const auto out = std::make_shared<MemoryFile>("output");
  co_await io::offload([in, input] { in->write_all(*input); });
  Child child(program, arguments, in->fd(), out->fd());
  asio::posix::stream_descriptor handle(co_await asio::this_coro::executor, child.open_handle());
  const auto ended = co_await (wait_for_end(handle) || io::sleep_for(time_max));
  if (ended.index() != 0) co_return ChildResult{};
  const int exit_code = child.reap();
  co_return ChildResult{.exit_code = exit_code, .output = co_await io::offload([out, output_max] {
                                                  return out->read_all(output_max);
                                                })};
}

}  // namespace media
