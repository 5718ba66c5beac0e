// The certificate that a server shows: when it ends, and whether this machine believes it.
//
// One handshake, nothing is sent; a certificate that is not believed is read all the same, for it
// is the one to speak about. For the operator's own address: no guard against private ones.
#pragma once

#include "base/error.h"
#include "base/time.h"
#include "http/url.h"
#include "io/task.h"

#include <chrono>
#include <string>

namespace app {

struct Certificate {
  base::Instant ends_at;
  std::string doubt;  // why it is not believed; empty when it is
};

io::Task<base::Result<Certificate>> read_certificate(http::Url url,
                                                     std::chrono::milliseconds timeout);

}  // namespace app
