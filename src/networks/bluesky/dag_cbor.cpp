#include "networks/bluesky/dag_cbor.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/text.h"

namespace networks::bluesky {
namespace {

namespace json = boost::json;

constexpr std::string_view base32 = "abcdefghijklmnopqrstuvwxyz234567";

enum Major : unsigned char { unsigned_integer, negative_integer, bytes, text, array, map, tag };

void put_head(std::string& out, Major major, std::uint64_t value) {
  const auto lead = static_cast<unsigned char>(major << 5);
  if (value < 24) {
    out.push_back(static_cast<char>(lead | value));
    return;
  }
  const int size = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffff'ffff ? 2 : 3;
  out.push_back(static_cast<char>(lead | (24 + size)));
  for (int shift = (8 << size) - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift & 0xff));
  }
}

void put_string(std::string& out, Major major, std::string_view value) {
  put_head(out, major, value.size());
  out.append(value);
}

void put(std::string& out, const json::value& value);

void put_map(std::string& out, const json::object& object) {
  std::vector<const json::key_value_pair*> fields;
  for (const auto& field : object) fields.push_back(&field);
  std::ranges::sort(fields, [](const auto* a, const auto* b) {
    const std::string_view x = a->key();
    const std::string_view y = b->key();
    return x.size() != y.size() ? x.size() < y.size() : x < y;
  });
  put_head(out, map, fields.size());
  for (const auto* field : fields) {
    put_string(out, text, field->key());
    put(out, field->value());
  }
}

void put_object(std::string& out, const json::object& object) {
  if (object.size() == 1 && object.contains("$link")) {
    const std::string cid = cid_bytes(std::string_view(object.at("$link").as_string()));
    CHECK(!cid.empty());
    put_head(out, tag, 42);
    put_string(out, bytes, std::string(1, '\0') + cid);
  } else if (object.size() == 1 && object.contains("$bytes")) {
    put_string(out, bytes, base::from_base64(std::string_view(object.at("$bytes").as_string())));
  } else {
    put_map(out, object);
  }
}

void put_integer(std::string& out, std::int64_t value) {
  if (value >= 0) {
    put_head(out, unsigned_integer, static_cast<std::uint64_t>(value));
  } else {
    put_head(out, negative_integer, static_cast<std::uint64_t>(-(value + 1)));
  }
}

void put(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out.push_back('\xf6');
      return;
    case json::kind::bool_:
      out.push_back(value.get_bool() ? '\xf5' : '\xf4');
      return;
    case json::kind::int64:
      put_integer(out, value.get_int64());
      return;
    case json::kind::uint64:
      put_head(out, unsigned_integer, value.get_uint64());
      return;
    case json::kind::string:
      put_string(out, text, std::string_view(value.get_string()));
      return;
    case json::kind::object:
      put_object(out, value.get_object());
      return;
    case json::kind::array:
      put_head(out, array, value.get_array().size());
      for (const auto& item : value.get_array()) put(out, item);
      return;
    case json::kind::double_:
      CHECK(!"a record has no fractions");
      return;
  }
}

std::string encode_base32(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 5; held -= 5) out.push_back(base32[bits >> (held - 5) & 31]);
  }
  if (held > 0) out.push_back(base32[bits << (5 - held) & 31]);
  return out;
}

std::string make_cid(unsigned char codec, std::string_view content) {
  std::string cid{'\x01', static_cast<char>(codec), '\x12', '\x20'};
  return "b" + encode_base32(cid + base::sha256(content));
}

}  // namespace

std::string encode_dag_cbor(const json::value& value) {
  std::string out;
  put(out, value);
  return out;
}

std::string record_cid(const json::value& record) {
  return make_cid(0x71, encode_dag_cbor(record));
}

std::string blob_cid(std::string_view content) { return make_cid(0x55, content); }

std::string cid_bytes(std::string_view cid) {
  if (cid.size() < 2 || cid.size() > 200 || cid[0] != 'b') return "";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : cid.substr(1)) {
    const auto digit = base32.find(c);
    if (digit == std::string_view::npos) return "";
    bits = bits << 5 | static_cast<std::uint32_t>(digit);
    held += 5;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<char>(bits >> held & 0xff));
    }
  }
  return out;
}

}  // namespace networks::bluesky
