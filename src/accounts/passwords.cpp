#include "accounts/passwords.h"

#include "base/crypto.h"
#include "base/text.h"

namespace accounts {
namespace {

constexpr int waiting_max = 32;
constexpr std::size_t length_min = 10;
constexpr std::size_t length_max = 1000;

// Counts one who waits, whichever way the coroutine ends.
class Place {
 public:
  explicit Place(int& count) : count_(count) { ++count_; }
  ~Place() { --count_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  int& count_;
};

base::Error busy() {
  return {.status = 503,
          .code = "busy",
          .message = "Too many people sign in at this moment. Try again in a second.",
          .retry_after = 1};
}

}  // namespace

std::string_view Passwords::decoy() {
  return "$argon2id$v=19$m=65536,t=2,p=1$y7MzdLe2Y0k8+yFcA7P0PQ$"
         "heZ7Iw264sPbh0l24T7PBNICWhiwujGGIhgkJdpxpqY";
}

io::Task<base::Result<std::string>> Passwords::hash(std::string password) {
  if (waiting_ >= waiting_max) co_return base::fail(busy());
  const Place place(waiting_);
  co_return co_await io::offload(
      [password = std::move(password)] { return base::hash_password(password); });
}

io::Task<base::Result<bool>> Passwords::verify(std::optional<std::string> hash,
                                               std::string password) {
  if (waiting_ >= waiting_max) co_return base::fail(busy());
  const Place place(waiting_);
  const bool known = hash.has_value();
  // A password that nobody can have set is not worth hashing megabytes for, but the time is spent.
  if (password.size() > length_max) password.resize(length_max);
  const bool right = co_await io::offload(
      [hash = hash.value_or(std::string(decoy())), password = std::move(password)] {
        return base::verify_password(hash, password);
      });
  co_return known&& right;
}

base::Result<void> check_new_password(std::string_view password, std::string_view email) {
  if (password.size() < length_min || password.size() > length_max) {
    return base::invalid("password",
                         fmt::format("must have {} to {} bytes", length_min, length_max));
  }
  if (base::equals_ignore_case(password, email)) {
    return base::invalid("password", "must not be the e-mail");
  }
  return {};
}

}  // namespace accounts
