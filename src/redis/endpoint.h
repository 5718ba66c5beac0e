// Where a Redis server listens and who we are to it: the parts of a redis:// URL.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace redis {

struct Endpoint {
  std::string host;  // a name, or a numeric address without brackets
  std::string port = {};
  std::string socket = {};  // path of a Unix socket, in place of host and port
  bool tls = false;
  std::string user = {};  // empty with a password: the default user
  std::string password = {};
  std::int64_t database = 0;
  std::string ca_file = {};  // empty: the system's certificates

  // For messages: without user and password.
  std::string name() const;
};

// redis:// and rediss://[user[:password]@]host[:port][/db] (IPv6 in brackets), and
// unix://[user:password@]/path[?db=n]. The message of a failure never repeats the text, which may
// hold a password.
base::Result<Endpoint> parse_endpoint(std::string_view url);

}  // namespace redis
