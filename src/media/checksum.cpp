#include "media/checksum.h"

#include "base/crypto.h"
#include "base/text.h"

#include <array>
#include <string>

#include <openssl/evp.h>

namespace media {

namespace {

// Not cryptography: the protocol demands SHA-1, and libsodium has none.
std::string sha1(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace

base::Result<void> check_checksum(std::string_view header, std::string_view bytes) {
  const std::size_t space = std::min(header.find(' '), header.size());
  const std::string_view algorithm = header.substr(0, space);
  const std::string wanted = base::from_base64(base::trim(header.substr(space)));
  if ((algorithm != "sha1" && algorithm != "sha256") || wanted.empty()) {
    return base::fail({.status = 400,
                       .code = "bad_checksum",
                       .message = "Upload-Checksum is \"sha1\" or \"sha256\" and the digest in "
                                  "base64."});
  }
  if (wanted != (algorithm == "sha1" ? sha1(bytes) : base::sha256(bytes))) {
    return base::fail({.status = 460,
                       .code = "checksum_mismatch",
                       .message = "The bytes changed on the way: send them again."});
  }
  return {};
}

}  // namespace media
