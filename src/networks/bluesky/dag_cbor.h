// DAG-CBOR and CIDs: a record's address is the hash of its bytes, so we can name a record before
// the server has it. The parts of a thread that goes out in one request refer to each other that
// way.
//
// Takes AT Protocol JSON ({"$link": cid} and {"$bytes": base64} are what they stand for).
// Deterministic: shortest heads, map keys by length and then bytes.
#pragma once

#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace networks::bluesky {

// CHECKs that there are no fractions and that links are CIDs of version 1: records are our own
// making.
std::string encode_dag_cbor(const boost::json::value& value);

// "bafyrei...": CIDv1, dag-cbor, SHA-256.
std::string record_cid(const boost::json::value& record);
// "bafkrei...": CIDv1, raw, SHA-256: what the CID of an uploaded file has to be.
std::string blob_cid(std::string_view bytes);

// Raw bytes of a "b..." CID; empty when it is not one.
std::string cid_bytes(std::string_view cid);

}  // namespace networks::bluesky
