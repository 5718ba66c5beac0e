#include "networks/nostr/event.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/fields.h"
#include "networks/nostr/bech32.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

namespace networks::nostr {
namespace {

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// One context for all threads: after this it is only read. Randomised against side channels.
const secp256k1_context* curve() {
  static const secp256k1_context* context = [] {
    auto* made = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    CHECK(secp256k1_context_randomize(made, bytes_of(base::random_bytes(32))) == 1);
    return made;
  }();
  return context;
}

std::optional<std::string> public_key_of(const std::string& secret) {
  secp256k1_keypair pair;
  if (secret.size() != 32 || secp256k1_keypair_create(curve(), &pair, bytes_of(secret)) != 1) {
    return std::nullopt;
  }
  secp256k1_xonly_pubkey key;
  CHECK(secp256k1_keypair_xonly_pub(curve(), &key, nullptr, &pair) == 1);
  std::string out(32, '\0');
  secp256k1_xonly_pubkey_serialize(curve(), reinterpret_cast<unsigned char*>(out.data()), &key);
  return out;
}

std::string sign(const std::string& hash, const std::string& secret) {
  secp256k1_keypair pair;
  CHECK(secp256k1_keypair_create(curve(), &pair, bytes_of(secret)) == 1);
  std::string out(64, '\0');
  CHECK(secp256k1_schnorrsig_sign32(curve(), reinterpret_cast<unsigned char*>(out.data()),
                                    bytes_of(hash), &pair, nullptr) == 1);
  return out;
}

void put_text(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        out.push_back(c);
    }
  }
  out.push_back('"');
}

void put_tags(std::string& out, const json::value* tags) {
  out.push_back('[');
  if (tags != nullptr && tags->is_array()) {
    bool first_tag = true;
    for (const auto& tag : tags->get_array()) {
      if (!tag.is_array()) continue;
      out += first_tag ? "[" : ",[";
      first_tag = false;
      bool first = true;
      for (const auto& item : tag.get_array()) {
        if (!first) out.push_back(',');
        first = false;
        put_text(out, item.is_string() ? std::string_view(item.get_string()) : "");
      }
      out.push_back(']');
    }
  }
  out.push_back(']');
}

}  // namespace

Keys make_keys() {
  for (;;) {
    if (auto keys = parse_secret(base::hex(base::random_bytes(32)))) return *keys;
  }
}

std::optional<Keys> parse_secret(std::string_view text) {
  text = base::trim(text);
  std::string secret = bech32_decode("nsec", text);
  if (secret.empty() && text.size() == 64) secret = base::from_hex(text);
  const auto public_key = public_key_of(secret);
  if (!public_key) return std::nullopt;
  return Keys{.secret = base::hex(secret), .public_key = base::hex(*public_key)};
}

std::string npub(const Keys& keys) {
  return bech32_encode("npub", base::from_hex(keys.public_key));
}

std::string nsec(const Keys& keys) { return bech32_encode("nsec", base::from_hex(keys.secret)); }

std::string canonical_event(const json::object& event) {
  std::string out = "[0,";
  put_text(out, text_field(event, "pubkey"));
  out += fmt::format(",{},{},", integer_field(event, "created_at"), integer_field(event, "kind"));
  put_tags(out, event.if_contains("tags"));
  out.push_back(',');
  put_text(out, text_field(event, "content"));
  out.push_back(']');
  return out;
}

json::object sign_event(const Draft& draft, const Keys& keys) {
  const auto seconds =
      std::chrono::floor<std::chrono::seconds>(draft.created_at).time_since_epoch().count();
  json::object event{{"pubkey", keys.public_key},
                     {"created_at", seconds},
                     {"kind", draft.kind},
                     {"tags", draft.tags},
                     {"content", draft.content}};
  const std::string id = base::sha256(canonical_event(event));
  event["id"] = base::hex(id);
  event["sig"] = base::hex(sign(id, base::from_hex(keys.secret)));
  return event;
}

bool verify_event(const json::object& event) {
  const std::string id = base::sha256(canonical_event(event));
  const std::string signature = base::from_hex(text_field(event, "sig"));
  const std::string author = base::from_hex(text_field(event, "pubkey"));
  if (text_field(event, "id") != base::hex(id) || signature.size() != 64 || author.size() != 32) {
    return false;
  }
  secp256k1_xonly_pubkey key;
  return secp256k1_xonly_pubkey_parse(curve(), &key, bytes_of(author)) == 1 &&
         secp256k1_schnorrsig_verify(curve(), bytes_of(signature), bytes_of(id), id.size(), &key) ==
             1;
}

}  // namespace networks::nostr
