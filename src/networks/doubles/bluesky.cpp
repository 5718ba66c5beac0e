#include "networks/doubles/bluesky.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/bluesky/dag_cbor.h"
#include "networks/bluesky/tid.h"
#include "networks/fields.h"

namespace networks::doubles {
namespace {

constexpr std::string_view did = "did:plc:rehearsal2345abcdefghij";
constexpr std::string_view handle = "rehearsal.test";
constexpr std::string_view collection = "app.bsky.feed.post";
constexpr std::chrono::minutes access_life{120};
constexpr std::size_t blob_max = 2'000'000;
constexpr std::int64_t points_of_create = 3;
constexpr std::int64_t points_of_update = 2;

http::Response refuse(int status, std::string_view error, std::string_view message) {
  return http::json_response(json::object{{"error", error}, {"message", message}}, status);
}

http::Response invalid(std::string_view message) { return refuse(400, "InvalidRequest", message); }

http::Response too_many(const RateLimit& limit) {
  auto response = refuse(429, "RateLimitExceeded", "Rate Limit Exceeded");
  response.headers.set("RateLimit-Limit", std::to_string(limit.max()));
  response.headers.set("RateLimit-Remaining", "0");
  response.headers.set(
      "RateLimit-Reset",
      std::to_string(
          std::chrono::ceil<std::chrono::seconds>(limit.ends()).time_since_epoch().count()));
  return response;
}

std::string bearer(const http::Request& request) {
  const auto header = request.headers.get("Authorization");
  return std::string(header.starts_with("Bearer ") ? header.substr(7) : "");
}

bool is_strong_ref(const json::value* ref) {
  return ref != nullptr && base::text_at(*ref, "/uri").starts_with("at://") &&
         !networks::bluesky::cid_bytes(base::text_at(*ref, "/cid")).empty();
}

std::string facets_fault(const json::value& facets, std::string_view text) {
  if (!facets.is_array()) return "Record/facets must be an array";
  for (const auto& facet : facets.get_array()) {
    const auto begin = base::integer_at(facet, "/index/byteStart", -1);
    const auto end = base::integer_at(facet, "/index/byteEnd", -1);
    if (begin < 0 || end <= begin || end > static_cast<std::int64_t>(text.size())) {
      return "Record/facets/index is out of the text";
    }
    const auto span =
        text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    if (!base::is_utf8(span)) return "Record/facets/index cuts a character";
    if (base::find(facet, "/features/0/$type") == nullptr) return "Record/facets/features is empty";
  }
  return "";
}

}  // namespace

BlueskyDouble::BlueskyDouble(const base::Clock& clock) : clock_(clock) {
  router_.filter(faults().filter([this](const auto& request) { return publishes(request); },
                                 [this](Fault fault, const auto&) {
                                   end_sessions(fault == Fault::expire_token);
                                   if (fault == Fault::revoke) password_ = base::hex(password_);
                                   return refuse(400, "ExpiredToken", "Token has expired");
                                 }));
  procedure("com.atproto.server.createSession", &BlueskyDouble::create_session);
  procedure("com.atproto.server.refreshSession", &BlueskyDouble::refresh_session);
  query("com.atproto.server.getSession", &BlueskyDouble::get_session);
  query("com.atproto.identity.resolveHandle", &BlueskyDouble::resolve_handle);
  procedure("com.atproto.repo.uploadBlob", &BlueskyDouble::upload_blob);
  procedure("com.atproto.repo.putRecord", &BlueskyDouble::put_record);
  procedure("com.atproto.repo.applyWrites", &BlueskyDouble::apply_writes);
  query("com.atproto.repo.getRecord", &BlueskyDouble::get_record);
}

namespace {
io::Task<http::Response> at_once(http::Response response) { co_return response; }
}  // namespace

void BlueskyDouble::query(const char* method, Handler handler) {
  router_.get(std::string("/xrpc/") + method, [this, handler](const http::Request& request) {
    return at_once((this->*handler)(request));
  });
}

void BlueskyDouble::procedure(const char* method, Handler handler) {
  router_.post(std::string("/xrpc/") + method, [this, handler](const http::Request& request) {
    return at_once((this->*handler)(request));
  });
}

json::object BlueskyDouble::settings(std::string origin) const {
  return {{"service", origin}, {"identifier", handle}, {"app_password", password_}};
}

bool BlueskyDouble::publishes(const http::Request& request) const {
  return request.method == "POST" &&
         (request.path.ends_with(".putRecord") || request.path.ends_with(".applyWrites"));
}

const json::object* BlueskyDouble::record(std::string_view rkey) const {
  const auto found = records_.find(rkey);
  return found == records_.end() ? nullptr : &found->second;
}

void BlueskyDouble::end_sessions(bool renewable) {
  for (auto& [token, end] : access_) end = std::min(end, clock_.now());
  if (!renewable) refresh_.clear();
}

http::Response BlueskyDouble::create_session(const http::Request& request) {
  if (!spend(login_limit_, clock_.now())) return too_many(login_limit_);
  ++logins_;
  const auto body = http::json_body(request);
  if (!body || base::text_at(*body, "/identifier") != handle ||
      base::text_at(*body, "/password") != password_) {
    return refuse(401, "AuthenticationRequired", "Invalid identifier or password");
  }
  return new_session();
}

http::Response BlueskyDouble::refresh_session(const http::Request& request) {
  if (!refresh_.contains(bearer(request)))
    return refuse(400, "ExpiredToken", "Token has been revoked");
  return new_session();
}

http::Response BlueskyDouble::new_session() {
  // An expired token is answered otherwise than an unknown one, for a while.
  std::erase_if(access_, [&](const auto& token) {
    return token.second + std::chrono::hours(24) < clock_.now();
  });
  const auto now =
      std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
  const auto token = [&](std::string_view scope) {
    const auto claims =
        json::serialize(json::object{{"scope", scope}, {"iat", now}, {"jti", ++tokens_made_}});
    return "eyJ9." + base::base64url(claims) + ".c2ln";
  };
  const auto access = token("com.atproto.appPass");
  const auto refresh = token("com.atproto.refresh");
  access_[access] = clock_.now() + access_life;
  refresh_.insert(refresh);
  return http::json_response(json::object{{"did", did},
                                          {"handle", handle},
                                          {"active", true},
                                          {"accessJwt", access},
                                          {"refreshJwt", refresh}});
}

std::optional<http::Response> BlueskyDouble::refuse_token(const http::Request& request) const {
  const auto token = bearer(request);
  if (token.empty()) return refuse(401, "AuthMissing", "Authentication Required");
  const auto known = access_.find(token);
  if (known == access_.end()) return refuse(400, "InvalidToken", "Token could not be verified");
  if (known->second <= clock_.now()) return refuse(400, "ExpiredToken", "Token has expired");
  return std::nullopt;
}

http::Response BlueskyDouble::get_session(const http::Request& request) {
  if (auto refused = refuse_token(request)) return *refused;
  return http::json_response(json::object{{"did", did}, {"handle", handle}, {"active", true}});
}

http::Response BlueskyDouble::resolve_handle(const http::Request& request) {
  if (request.query.get("handle").value_or("") != handle)
    return invalid("Unable to resolve handle");
  return http::json_response(json::object{{"did", did}});
}

http::Response BlueskyDouble::upload_blob(const http::Request& request) {
  if (auto refused = refuse_token(request)) return *refused;
  if (request.body.size() > blob_max) return refuse(400, "BlobTooLarge", "This file is too large.");
  const auto cid = networks::bluesky::blob_cid(request.body);
  blobs_[cid] = request.body.size();
  return http::json_response(json::object{{"blob",
                                           {{"$type", "blob"},
                                            {"ref", {{"$link", cid}}},
                                            {"mimeType", request.headers.get("Content-Type")},
                                            {"size", request.body.size()}}}});
}

std::string BlueskyDouble::fault_of(const json::value& record) const {
  const auto text = base::text_at(record, "/text");
  if (base::text_at(record, "/$type") != collection) return "Record/$type is wrong";
  if (!base::parse_rfc3339(base::text_at(record, "/createdAt")))
    return "Record/createdAt must be a datetime";
  if (text.size() > 3000) return "Record/text must not be longer than 3000 bytes";
  if (const auto count = base::count_graphemes(text); count > 300) {
    return fmt::format(
        "Invalid app.bsky.feed.post record: grapheme too big (maximum 300, got {}) at $.text",
        count);
  }
  if (const auto* facets = base::find(record, "/facets")) {
    if (auto fault = facets_fault(*facets, text); !fault.empty()) return fault;
  }
  if (const auto* langs = base::find(record, "/langs");
      langs != nullptr && langs->get_array().size() > 3) {
    return "Record/langs must not have more than 3 elements";
  }
  if (base::find(record, "/reply") != nullptr &&
      (!is_strong_ref(base::find(record, "/reply/root")) ||
       !is_strong_ref(base::find(record, "/reply/parent")))) {
    return "Record/reply must have strong references";
  }
  const auto* images = base::find(record, "/embed/images");
  if (images == nullptr) return "";
  if (images->get_array().size() > 4)
    return "Record/embed/images must not have more than 4 elements";
  for (const auto& image : images->get_array()) {
    if (base::find(image, "/alt") == nullptr) return "Record/embed/images/alt must be there";
    if (!blobs_.contains(base::text_at(image, "/image/ref/$link"))) return "Could not find blob";
  }
  return "";
}

std::string BlueskyDouble::uri_of(std::string_view rkey) const {
  return fmt::format("at://{}/{}/{}", did, collection, rkey);
}

void BlueskyDouble::store(const std::string& rkey, const json::value& record) {
  records_[rkey] = record.get_object();
  taken_.push_back({.id = uri_of(rkey),
                    .text = base::text_at(record, "/text"),
                    .parent = base::text_at(record, "/reply/parent/uri"),
                    .key = rkey});
}

http::Response BlueskyDouble::put_record(const http::Request& request) {
  if (auto refused = refuse_token(request)) return *refused;
  if (!spend(points_, clock_.now(), points_of_update)) return too_many(points_);
  const auto body = http::json_body(request);
  if (!body || base::text_at(*body, "/repo") != did ||
      base::text_at(*body, "/collection") != collection) {
    return invalid("Input is wrong");
  }
  const auto rkey = base::text_at(*body, "/rkey");
  const auto* record = base::find(*body, "/record");
  if (!networks::bluesky::is_tid(rkey)) return invalid("Invalid record key: not a TID");
  if (record == nullptr || !record->is_object()) return invalid("Input/record must be an object");
  if (const auto fault = fault_of(*record); !fault.empty()) return invalid(fault);
  const auto cid = networks::bluesky::record_cid(*record);
  if (const auto* there = this->record(rkey); there == nullptr) {
    store(rkey, *record);
  } else if (networks::bluesky::record_cid(*there) != cid) {
    const auto* swap = base::find(*body, "/swapRecord");
    if (swap != nullptr && swap->is_null())
      return refuse(400, "InvalidSwap", "Record was at another version");
    records_[rkey] = record->get_object();
  }
  return http::json_response(
      json::object{{"uri", uri_of(rkey)}, {"cid", cid}, {"validationStatus", "valid"}});
}

http::Response BlueskyDouble::apply_writes(const http::Request& request) {
  if (auto refused = refuse_token(request)) return *refused;
  const auto body = http::json_body(request);
  const auto* writes = body ? base::find(*body, "/writes") : nullptr;
  if (writes == nullptr || !writes->is_array() || writes->get_array().size() > 200)
    return invalid("Too many writes");
  const auto count = static_cast<std::int64_t>(writes->get_array().size());
  if (!spend(points_, clock_.now(), points_of_create * count)) return too_many(points_);
  for (const auto& write : writes->get_array()) {
    const auto rkey = base::text_at(write, "/rkey");
    const auto* record = base::find(write, "/value");
    if (!networks::bluesky::is_tid(rkey)) return invalid("Invalid record key: not a TID");
    if (record == nullptr || !record->is_object())
      return invalid("Input/writes/value must be an object");
    if (const auto fault = fault_of(*record); !fault.empty()) return invalid(fault);
    // What a PDS says when a create meets a record.
    if (this->record(rkey) != nullptr)
      return refuse(500, "InternalServerError", "Internal Server Error");
  }
  json::array results;
  for (const auto& write : writes->get_array()) {
    const auto rkey = base::text_at(write, "/rkey");
    const auto& record = write.at("value");
    store(rkey, record);
    results.push_back(json::object{{"$type", "com.atproto.repo.applyWrites#createResult"},
                                   {"uri", uri_of(rkey)},
                                   {"cid", networks::bluesky::record_cid(record)}});
  }
  return http::json_response(json::object{{"results", std::move(results)}});
}

http::Response BlueskyDouble::get_record(const http::Request& request) {
  const std::string rkey(request.query.get("rkey").value_or(""));
  const auto* there = record(rkey);
  if (there == nullptr || request.query.get("repo").value_or("") != did) {
    return refuse(400, "RecordNotFound", "Could not locate record: " + uri_of(rkey));
  }
  return http::json_response(json::object{
      {"uri", uri_of(rkey)}, {"cid", networks::bluesky::record_cid(*there)}, {"value", *there}});
}

}  // namespace networks::doubles
