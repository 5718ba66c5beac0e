// For tests only: a real redis-server of the test's own, on a Unix socket or a free port of
// loopback, in a folder that is gone at the end.
//
//   redis::TestServer server;
//   if (!server.available()) GTEST_SKIP() << redis::TestServer::missing;
//   server.kill();     // kill -9
//   server.restart();  // the same address again
#pragma once

#include "redis/endpoint.h"

#include <string>
#include <vector>

#include <sys/types.h>

namespace redis {

class TestServer {
 public:
  static constexpr const char* missing =
      "redis-server is not installed (Debian: apt-get install redis-server)";
  enum class Door { unix_socket, tcp, tls };

  // `arguments` go to redis-server as they are.
  explicit TestServer(Door door = Door::unix_socket, std::vector<std::string> arguments = {});
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  // False when the program is not there; a server that does not start fails the test instead.
  bool available() const { return available_; }
  Endpoint endpoint() const;
  void kill();
  void restart();
  // Stops answering without ending (SIGSTOP), and goes on.
  void freeze();
  void thaw();

 private:
  void start();
  void make_certificate() const;

  const Door door_;
  const std::vector<std::string> arguments_;
  bool available_ = false;
  std::string folder_;
  std::string port_ = "0";
  pid_t process_ = 0;
};

}  // namespace redis
