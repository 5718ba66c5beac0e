#include "base/crypto.h"

#include "base/check.h"
#include "base/text.h"

#include <array>
#include <sodium.h>

namespace base {
namespace {

// libsodium's own initialisation is idempotent and thread-safe; before main, so that no caller can
// forget it.
const bool sodium_ready = [] {
  CHECK(sodium_init() >= 0);
  return true;
}();

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

constexpr std::size_t key_size = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;

bool is_key_id(std::string_view id) {
  if (id.empty() || id.size() > 32) return false;
  for (const char c : id) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
    if (!good) return false;
  }
  return true;
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

std::string random_token(std::size_t bytes) { return base64url(random_bytes(bytes)); }

std::string sha256(std::string_view bytes) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(bytes_of(digest), bytes_of(bytes), bytes.size());
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string digest(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(bytes), bytes.size());
  crypto_auth_hmacsha256_final(&state, bytes_of(digest));
  return digest;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hash_password(std::string_view password) {
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  const int made = crypto_pwhash_str_alg(
      hash.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
      crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
  if (made != 0) throw Unavailable("not enough memory to hash a password");
  return hash.data();
}

bool verify_password(std::string_view hash, std::string_view password) {
  const std::string terminated(hash);
  return crypto_pwhash_str_verify(terminated.c_str(), password.data(), password.size()) == 0;
}

std::string token_hash(std::string_view token) { return hex(sha256(token)); }

Signer::Signer(std::vector<std::string> keys) : keys_(std::move(keys)) { CHECK(!keys_.empty()); }

std::string Signer::sign(std::string_view text) const {
  return base64url(hmac_sha256(keys_.front(), text));
}

bool Signer::accepts(std::string_view text, std::string_view signature) const {
  bool accepted = false;
  for (const std::string& key : keys_) {
    accepted |= equal_constant_time(signature, base64url(hmac_sha256(key, text)));
  }
  return accepted;
}

Result<Vault> Vault::parse(std::string_view app_key) {
  Vault vault;
  for (const std::string_view entry : split(app_key, ',')) {
    const std::string_view trimmed = trim(entry);
    const std::size_t colon = trimmed.find(':');
    const std::string id(trimmed.substr(0, colon));
    const std::string key =
        colon == std::string_view::npos ? "" : from_base64(trimmed.substr(colon + 1));
    if (!is_key_id(id) || key.size() != key_size) {
      return invalid("APP_KEY",
                     "must be \"id:key\" with a key of 32 bytes in base64; make one with: "
                     "socialtrend config --make-key");
    }
    if (vault.current_.empty()) vault.current_ = id;
    vault.keys_[id] = key;
  }
  return vault;
}

std::string Vault::make_key() {
  return "k" + hex(random_bytes(3)) + ":" + base64(random_bytes(key_size));
}

std::string Vault::seal(std::string_view plain, std::string_view context) const {
  const std::string nonce = random_bytes(nonce_size);
  std::string sealed(plain.size() + tag_size, '\0');
  unsigned long long length = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      bytes_of(sealed), &length, bytes_of(plain), plain.size(), bytes_of(context), context.size(),
      nullptr, bytes_of(nonce), bytes_of(keys_.at(current_)));
  return current_ + ":" + base64(nonce + sealed);
}

Result<std::string> Vault::open(std::string_view sealed, std::string_view context) const {
  const std::size_t colon = sealed.find(':');
  const auto key = keys_.find(sealed.substr(0, colon));
  if (colon == std::string_view::npos || key == keys_.end()) {
    return fail({.status = 500,
                 .code = "unknown_key",
                 .message = "A secret was encrypted with a key that APP_KEY no longer holds."});
  }
  const std::string bytes = from_base64(sealed.substr(colon + 1));
  const Error broken{.status = 500,
                     .code = "broken_secret",
                     .message = "A stored secret cannot be decrypted: it was altered or moved."};
  if (bytes.size() < nonce_size + tag_size) return fail(broken);
  const std::string_view cipher = std::string_view(bytes).substr(nonce_size);
  std::string plain(cipher.size() - tag_size, '\0');
  unsigned long long length = 0;
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      bytes_of(plain), &length, nullptr, bytes_of(cipher), cipher.size(), bytes_of(context),
      context.size(), bytes_of(bytes), bytes_of(key->second));
  if (opened != 0) return fail(broken);
  return plain;
}

Signer Vault::signer(std::string_view purpose) const {
  const std::string label = "derive:" + std::string(purpose);
  std::vector<std::string> derived{hmac_sha256(keys_.at(current_), label)};
  for (const auto& [id, key] : keys_) {
    if (id != current_) derived.push_back(hmac_sha256(key, label));
  }
  return Signer(std::move(derived));
}

}  // namespace base
