#include "networks/doubles/x.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/doubles/form.h"
#include "networks/weight.h"

#include <algorithm>
#include <charconv>

namespace networks::doubles {
namespace {

constexpr std::string_view user = "2244994945";
constexpr std::string_view client = "client-of-the-rehearsal";
constexpr std::chrono::hours token_life{2};
constexpr std::size_t part_max = 5'000'000;

http::Response refuse(int status, std::string_view title, std::string_view detail,
                      std::string_view type = "about:blank") {
  return http::json_response(
      json::object{{"title", title}, {"detail", detail}, {"type", type}, {"status", status}},
      status);
}

http::Response invalid(std::string_view detail) {
  return refuse(400, "Invalid Request", detail, "https://api.x.com/2/problems/invalid-request");
}

http::Response too_many(const RateLimit& limit) {
  auto response = refuse(429, "Too Many Requests", "Too Many Requests");
  const auto ends = std::chrono::ceil<std::chrono::seconds>(limit.ends()).time_since_epoch();
  response.headers.set("x-rate-limit-limit", std::to_string(limit.max()));
  response.headers.set("x-rate-limit-remaining", "0");
  response.headers.set("x-rate-limit-reset", std::to_string(ends.count()));
  return response;
}

const json::array* array_at(const json::value& value, std::string_view pointer) {
  const auto* found = base::find(value, pointer);
  return found == nullptr ? nullptr : found->if_array();
}

// X escapes these three, and only these, in what is read.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

XDouble::XDouble(const base::Clock& clock) : clock_(clock), access_ends_(clock.now() + token_life) {
  router_.filter(faults().filter([this](const auto& request) { return publishes(request); },
                                 [this](Fault, const auto&) {
                                   revoked_ = true;
                                   return refuse(401, "Unauthorized", "Unauthorized");
                                 }));
  router_.get("/2/users/me", guarded(&XDouble::me));
  router_.get("/2/users/{id}/tweets", guarded(&XDouble::list));
  router_.post("/2/tweets", guarded(&XDouble::create));
  router_.post("/2/media/upload/initialize", guarded(&XDouble::initialize));
  router_.post("/2/media/upload/{id}/append", guarded(&XDouble::append));
  router_.post("/2/media/upload/{id}/finalize", guarded(&XDouble::finalize));
  router_.get("/2/media/upload", guarded(&XDouble::status));
  router_.post("/2/media/metadata", guarded(&XDouble::describe));
  router_.post("/2/oauth2/token",
               [this](http::Request request) { return token(std::move(request)); });
}

json::object XDouble::settings(std::string origin) const {
  return {{"client_id", client},
          {"access_token", access_},
          {"refresh_token", refresh_},
          {"server", std::move(origin)}};
}

bool XDouble::publishes(const http::Request& request) const {
  return request.method == "POST" && request.path == "/2/tweets";
}

http::Handler XDouble::guarded(Handler handler) {
  return [this, handler](http::Request request) { return guard(std::move(request), handler); };
}

io::Task<http::Response> XDouble::guard(http::Request request, Handler handler) {
  const bool known = request.headers.get("Authorization") == "Bearer " + access_;
  if (revoked_ || !known || clock_.now() >= access_ends_) {
    co_return refuse(401, "Unauthorized", "Unauthorized");
  }
  co_return (this->*handler)(request);
}

http::Response XDouble::me(const http::Request&) {
  return http::json_response(json::object{
      {"data", json::object{{"id", user}, {"name", "Rehearsal"}, {"username", "rehearsal"}}}});
}

std::string XDouble::fault_of_media(const json::value& body) const {
  const auto* ids = array_at(body, "/media/media_ids");
  if (ids == nullptr) return "";
  if (ids->empty() || ids->size() > 4) return "The number of media is not allowed";
  for (const auto& id : *ids) {
    const auto file =
        id.is_string() ? media_.find(std::string_view(id.get_string())) : media_.end();
    if (file == media_.end() || !file->second.finalized || file->second.asked_until_ready > 0) {
      return "Your media IDs are invalid.";
    }
    if (file->second.content_type == "image/gif" && ids->size() > 1) return "One GIF only";
  }
  return "";
}

std::string XDouble::fault_of(const json::value& body) const {
  const auto text = base::text_at(body, "/text");
  if (text.empty() && base::find(body, "/media") == nullptr) return "Text or media is required";
  if (count_weighted(text, 23) > 280) return "Your Tweet text is too long. Limit 280.";
  return fault_of_media(body);
}

json::object XDouble::shown(std::string_view id, const json::value& body) {
  const auto text = base::text_at(body, "/text");
  std::string written;
  json::array urls;
  std::size_t at = 0;
  const auto shorten = [&](json::object link) {
    const auto address = fmt::format("https://t.co/{:010}", ++ids_ % 10'000'000'000);
    link["url"] = address;
    urls.push_back(std::move(link));
    return address;
  };
  for (const auto& url : base::find_urls(text)) {
    written += escaped(std::string_view(text).substr(at, url.begin - at));
    written += shorten({{"expanded_url", text.substr(url.begin, url.end - url.begin)}});
    at = url.end;
  }
  written += escaped(std::string_view(text).substr(at));
  json::object post{{"id", id}, {"created_at", base::format_rfc3339(clock_.now())}};
  if (const auto* ids = array_at(body, "/media/media_ids"); ids != nullptr) {
    json::array keys;
    for (const auto& media : *ids) keys.emplace_back("3_" + std::string(media.as_string()));
    written += " " + shorten({{"media_key", keys.front()}});
    post["attachments"] = json::object{{"media_keys", std::move(keys)}};
  }
  const auto parent = base::text_at(body, "/reply/in_reply_to_tweet_id");
  if (!parent.empty()) {
    post["referenced_tweets"] = json::array{json::object{{"type", "replied_to"}, {"id", parent}}};
  }
  post["text"] = written;
  if (!urls.empty()) post["entities"] = json::object{{"urls", std::move(urls)}};
  return post;
}

http::Response XDouble::create(const http::Request& request) {
  if (!spend(limit_, clock_.now())) return too_many(limit_);
  const auto body = http::json_body(request);
  if (!body || !body->is_object()) return invalid("The body is no JSON");
  if (const auto fault = fault_of(*body); !fault.empty()) return invalid(fault);
  const auto text = base::text_at(*body, "/text");
  const bool has_media = base::find(*body, "/media") != nullptr;
  if (!has_media && std::ranges::find(taken_, text, &Taken::text) != taken_.end()) {
    return refuse(403, "Forbidden",
                  "You are not allowed to create a Tweet with duplicate content.");
  }
  const auto parent = base::text_at(*body, "/reply/in_reply_to_tweet_id");
  if (!parent.empty() && std::ranges::find(taken_, parent, &Taken::id) == taken_.end()) {
    return invalid("You attempted to reply to a Tweet that is deleted or not visible to you.");
  }
  const auto id = std::to_string(++ids_);
  posts_.push_back(shown(id, *body));
  taken_.push_back({.id = id, .text = text, .parent = parent});
  return http::json_response(json::object{{"data", json::object{{"id", id}, {"text", text}}}}, 201);
}

http::Response XDouble::list(const http::Request& request) {
  if (request.param("id") != user) return invalid("There is no such user");
  const auto start = base::parse_rfc3339(std::string(request.query.get("start_time").value_or("")));
  json::array data;
  for (auto post = posts_.rbegin(); post != posts_.rend() && data.size() < 100; ++post) {
    const auto created = base::parse_rfc3339(base::text_at(*post, "/created_at"));
    if (start && *created < *start) break;
    data.push_back(*post);
  }
  reads_ += data.size();
  json::object answer{{"meta", json::object{{"result_count", data.size()}}}};
  if (!data.empty()) answer["data"] = std::move(data);
  // As it is on the wire: numbers come back signed.
  return http::json_response(*base::parse_json(json::serialize(answer)));
}

http::Response XDouble::initialize(const http::Request& request) {
  const auto body = http::json_body(request);
  if (!body) return invalid("The body is no JSON");
  const auto type = base::text_at(*body, "/media_type");
  const auto total = base::integer_at(*body, "/total_bytes");
  if (!type.starts_with("image/") || total <= 0 || total > 5'000'000) return invalid("Bad media");
  const auto id = std::to_string(++ids_);
  media_[id] = {.content_type = type, .total = static_cast<std::size_t>(total)};
  return http::json_response(json::object{
      {"data",
       json::object{{"id", id}, {"media_key", "3_" + id}, {"expires_after_secs", 86'400}}}});
}

XDouble::Media* XDouble::media(const http::Request& request) {
  const auto found = media_.find(request.param("id"));
  return found == media_.end() ? nullptr : &found->second;
}

http::Response XDouble::append(const http::Request& request) {
  auto* file = media(request);
  const auto form = parse_form(request);
  const auto* index = form ? find_part(*form, "segment_index") : nullptr;
  const auto* part = form ? find_part(*form, "media") : nullptr;
  if (file == nullptr || file->finalized || index == nullptr || part == nullptr ||
      part->value.size() > part_max) {
    return invalid("Bad segment");
  }
  std::int64_t number = 0;
  std::from_chars(index->value.data(), index->value.data() + index->value.size(), number);
  file->parts[number] = part->value;
  return http::no_content();
}

http::Response XDouble::finalize(const http::Request& request) {
  auto* file = media(request);
  if (file == nullptr) return invalid("There is no such media");
  std::size_t size = 0;
  for (const auto& [number, part] : file->parts) size += part.size();
  if (size != file->total) return invalid("Segments do not add up to provided total file size.");
  file->finalized = true;
  const bool slow = file->content_type == "image/gif";
  file->asked_until_ready = slow ? 2 : 0;
  json::object data{{"id", request.param("id")}, {"size", size}};
  if (slow) data["processing_info"] = json::object{{"state", "pending"}, {"check_after_secs", 1}};
  return http::json_response(json::object{{"data", std::move(data)}});
}

http::Response XDouble::status(const http::Request& request) {
  const auto found = media_.find(request.query.get("media_id").value_or(""));
  if (found == media_.end()) return invalid("There is no such media");
  auto& left = found->second.asked_until_ready;
  if (left > 0) --left;
  const json::object info{{"state", left > 0 ? "in_progress" : "succeeded"}};
  return http::json_response(
      json::object{{"data", json::object{{"id", found->first}, {"processing_info", info}}}});
}

http::Response XDouble::describe(const http::Request& request) {
  const auto body = http::json_body(request);
  const auto text = body ? base::text_at(*body, "/metadata/alt_text/text") : "";
  if (!body || !media_.contains(base::text_at(*body, "/id")) || text.empty() ||
      base::count_code_points(text) > 1000) {
    return invalid("Bad metadata");
  }
  return http::json_response(
      json::object{{"data", json::object{{"id", base::text_at(*body, "/id")}}}});
}

io::Task<http::Response> XDouble::token(http::Request request) {
  const auto form = http::Query::parse(request.body);
  const auto refuse_grant = [](std::string_view error, std::string_view words) {
    return http::json_response(json::object{{"error", error}, {"error_description", words}}, 400);
  };
  if (form.get("client_id").value_or("") != client) {
    co_return refuse_grant("unauthorized_client", "Missing valid authorization header");
  }
  if (revoked_ || form.get("grant_type").value_or("") != "refresh_token" ||
      form.get("refresh_token").value_or("") != refresh_) {
    co_return refuse_grant("invalid_request", "Value passed for the token was invalid.");
  }
  access_ += "-next";
  access_ends_ = clock_.now() + token_life;
  json::object answer{{"token_type", "bearer"}, {"expires_in", 7200}, {"access_token", access_}};
  if (rotates_) {
    refresh_ += "-next";
    answer["refresh_token"] = refresh_;
  }
  co_return http::json_response(answer);
}

}  // namespace networks::doubles
