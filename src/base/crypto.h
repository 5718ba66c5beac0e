// The cryptography of the program, all of it libsodium's: nobody else calls a primitive.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace base {

std::string random_bytes(std::size_t count);
std::string random_token(std::size_t bytes = 32);  // base64url of random bytes
std::string sha256(std::string_view bytes);        // 32 raw bytes
std::string hmac_sha256(std::string_view key, std::string_view bytes);
// Same length and same bytes, in a time that does not depend on where they differ.
bool equal_constant_time(std::string_view a, std::string_view b);

// Argon2id (RFC 9106) with libsodium's interactive limits: some 60 ms and 64 MiB. Call through
// io::offload.
std::string hash_password(std::string_view password);
bool verify_password(std::string_view hash, std::string_view password);

// A token is random; only its SHA-256 is stored.
std::string token_hash(std::string_view token);  // hex

// Signs for one purpose (HMAC-SHA256) with a key made from the first key of APP_KEY, and accepts
// what any of its keys signed: what is out when the keys are rotated lives on to its own end.
class Signer {
 public:
  // At least one; the first signs.
  explicit Signer(std::vector<std::string> keys);
  std::string sign(std::string_view text) const;  // base64url
  // In a time that does not depend on where the signatures differ, nor on which key made it.
  bool accepts(std::string_view text, std::string_view signature) const;

 private:
  std::vector<std::string> keys_;
};

// Encrypts credentials at rest with XChaCha20-Poly1305. APP_KEY is
// "id:base64key[,id:base64key...]": the first key encrypts, all of them decrypt, so a key is
// rotated by putting a new one in front. The sealed text names its key.
class Vault {
 public:
  // Fails when APP_KEY is not well-formed: the message says how to make one.
  static Result<Vault> parse(std::string_view app_key);
  static std::string make_key();  // a fresh "id:base64key"

  // `context` is bound to the text (additional data): a row's secret cannot be moved to another
  // row.
  std::string seal(std::string_view plain, std::string_view context) const;
  Result<std::string> open(std::string_view sealed, std::string_view context) const;

  // For another purpose than credentials ("media links", "csrf"), with keys of its own.
  Signer signer(std::string_view purpose) const;

 private:
  std::string current_;
  std::map<std::string, std::string, std::less<>> keys_;
};

}  // namespace base
