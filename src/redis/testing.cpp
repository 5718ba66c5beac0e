#include "redis/testing.h"

#include "base/check.h"
#include "redis/connection.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <spawn.h>
#include <unistd.h>

#include <sys/wait.h>

namespace redis {
namespace {

constexpr std::chrono::seconds start_max{20};

bool installed(const char* program) {
  return std::system(fmt::format("command -v {} >/dev/null 2>&1", program).c_str()) == 0;
}

std::string free_port() {
  asio::io_context loop;
  const asio::ip::tcp::acceptor probe(loop,
                                      asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  return std::to_string(probe.local_endpoint().port());
}

pid_t spawn(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t process = 0;
  const int failed =
      posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  CHECK(failed == 0);
  return process;
}

io::Task<> await_answer(Endpoint endpoint, std::string* failure) {
  const auto give_up = std::chrono::steady_clock::now() + start_max;
  do {
    const auto connection = co_await Connection::open({.endpoint = endpoint});
    if (connection) {
      failure->clear();
      co_return;
    }
    *failure = connection.error();
    if (failure->contains("NOAUTH")) co_return;
    co_await io::sleep_for(std::chrono::milliseconds(10));
  } while (std::chrono::steady_clock::now() < give_up);
}

}  // namespace

TestServer::TestServer(Door door, std::vector<std::string> arguments)
    : door_(door),
      arguments_(std::move(arguments)),
      available_(installed("redis-server") && (door != Door::tls || installed("openssl"))) {
  if (!available_) return;
  std::string name = (std::filesystem::temp_directory_path() / "socialtrend-redis-XXXXXX").string();
  CHECK(mkdtemp(name.data()) != nullptr);
  folder_ = name;
  if (door != Door::unix_socket) port_ = free_port();
  if (door == Door::tls) make_certificate();
  start();
}

TestServer::~TestServer() {
  kill();
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

Endpoint TestServer::endpoint() const {
  if (door_ == Door::unix_socket) return {.host = "", .socket = folder_ + "/redis.sock"};
  Endpoint endpoint{.host = "127.0.0.1", .port = port_, .tls = door_ == Door::tls};
  if (endpoint.tls) endpoint.ca_file = folder_ + "/cert.pem";
  return endpoint;
}

void TestServer::make_certificate() const {
  const std::string command = fmt::format(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 "
      "-subj /CN=redis -addext subjectAltName=IP:127.0.0.1 -keyout {0}/key.pem -out {0}/cert.pem "
      "2>/dev/null",
      folder_);
  CHECK(std::system(command.c_str()) == 0);
}

void TestServer::start() {
  std::vector<std::string> words = {"redis-server",
                                    "--save",
                                    "",
                                    "--appendonly",
                                    "no",
                                    "--dir",
                                    folder_,
                                    "--bind",
                                    "127.0.0.1",
                                    "--unixsocket",
                                    folder_ + "/redis.sock"};
  const std::string tls = door_ == Door::tls ? port_ : "0";
  const std::string plain = door_ == Door::tcp ? port_ : "0";
  words.insert(words.end(), {"--port", plain, "--tls-port", tls});
  if (door_ == Door::tls) {
    words.insert(words.end(),
                 {"--tls-cert-file", folder_ + "/cert.pem", "--tls-key-file", folder_ + "/key.pem",
                  "--tls-ca-cert-file", folder_ + "/cert.pem", "--tls-auth-clients", "no"});
  }
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  process_ = spawn(std::move(words));
  // Its Unix socket answers whatever the door; who wants a password answers too.
  std::string failure;
  io::run([&] { return await_answer({.host = "", .socket = folder_ + "/redis.sock"}, &failure); });
  if (!failure.empty() && !failure.contains("NOAUTH")) {
    std::fprintf(stderr, "redis-server did not start: %s\n", failure.c_str());
    std::abort();
  }
}

void TestServer::kill() {
  if (process_ == 0) return;
  ::kill(process_, SIGKILL);
  ::kill(process_, SIGCONT);
  waitpid(process_, nullptr, 0);
  process_ = 0;
}

void TestServer::restart() {
  kill();
  start();
}

void TestServer::freeze() { ::kill(process_, SIGSTOP); }
void TestServer::thaw() { ::kill(process_, SIGCONT); }

}  // namespace redis
