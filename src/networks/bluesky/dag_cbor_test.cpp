#include "networks/bluesky/dag_cbor.h"

#include "base/text.h"

#include <gtest/gtest.h>

namespace networks::bluesky {
namespace {

namespace json = boost::json;

std::string encoded(std::string_view text) { return base::hex(encode_dag_cbor(json::parse(text))); }

TEST(DagCbor, WritesShortestHeads) {
  EXPECT_EQ(encoded("0"), "00");
  EXPECT_EQ(encoded("23"), "17");
  EXPECT_EQ(encoded("24"), "1818");
  EXPECT_EQ(encoded("255"), "18ff");
  EXPECT_EQ(encoded("256"), "190100");
  EXPECT_EQ(encoded("65536"), "1a00010000");
  EXPECT_EQ(encoded("4294967296"), "1b0000000100000000");
  EXPECT_EQ(encoded("-1"), "20");
  EXPECT_EQ(encoded("-257"), "390100");
  EXPECT_EQ(encoded("true"), "f5");
  EXPECT_EQ(encoded("null"), "f6");
  EXPECT_EQ(encoded("\"ü\""), "62c3bc");
}

TEST(DagCbor, SortsKeysByLengthThenBytes) {
  EXPECT_EQ(encoded(R"({"bb":1,"a":2,"aa":3,"b":[]})"),
            "a461610261628062616103626262"
            "01");
}

TEST(DagCbor, WritesLinksAndBytes) {
  EXPECT_EQ(encoded(R"({"$bytes":"AQI="})"), "420102");
  const auto link =
      encoded(R"({"$link":"bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"})");
  EXPECT_EQ(link.substr(0, 16), "d82a582500015512");
  EXPECT_EQ(link.size(), 2U * (2 + 2 + 37));
}

// What a PDS (0.4.217) answered to putRecord for this very record.
TEST(DagCbor, NamesARecordAsAPdsDoes) {
  const auto record =
      json::parse(R"({"$type":"app.bsky.feed.post","text":"Grüße 👩‍👩‍👧 #tag",
      "createdAt":"2026-11-23T09:00:00.123456Z","langs":["de"],
      "facets":[{"index":{"byteStart":28,"byteEnd":32},
                 "features":[{"$type":"app.bsky.richtext.facet#tag","tag":"tag"}]}]})");
  EXPECT_EQ(record_cid(record), "bafyreiarkv3gwk3knc4o3i4zl7qon2symbwp32rljm6oggozqwjkhpbgwe");
}

TEST(DagCbor, NamesBlobsByTheirBytes) {
  EXPECT_EQ(blob_cid(""), "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
}

TEST(DagCbor, ReadsOnlyCids) {
  EXPECT_EQ(cid_bytes(blob_cid("x")).size(), 36U);
  EXPECT_EQ(cid_bytes(""), "");
  EXPECT_EQ(cid_bytes("zQmc"), "");
  EXPECT_EQ(cid_bytes("bAAAA"), "");
}

}  // namespace
}  // namespace networks::bluesky
