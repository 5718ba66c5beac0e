// Password hashing off the loop: Argon2id costs some 60 ms and 64 MiB, so at most a few wait at
// once (who comes when the line is full is told to try again) and an unknown person costs as much
// time as a wrong password. One per loop.
#pragma once

#include "base/error.h"
#include "io/task.h"

#include <optional>
#include <string>

namespace accounts {

class Passwords {
 public:
  io::Task<base::Result<std::string>> hash(std::string password);
  // `hash`: nothing when there is no such person; the time spent does not tell.
  io::Task<base::Result<bool>> verify(std::optional<std::string> hash, std::string password);

  // Verified against when there is no such person. No password is known for it.
  static std::string_view decoy();

 private:
  int waiting_ = 0;
};

// The rules for a new password: 10 to 1000 bytes, not the e-mail.
base::Result<void> check_new_password(std::string_view password, std::string_view email);

}  // namespace accounts
