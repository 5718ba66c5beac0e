#include "networks/doubles/meta.h"

#include "base/text.h"
#include "networks/address.h"
#include "networks/weight.h"

#include <algorithm>

namespace networks::doubles {
namespace {

constexpr std::string_view user = "17841400000000001";
constexpr std::chrono::hours container_life{24};
constexpr std::chrono::hours token_age_min{24};
constexpr std::chrono::hours day{24};

http::Response refuse(int status, std::int64_t code, std::int64_t subcode, std::string_view words) {
  json::object error{{"message", words},
                     {"type", "OAuthException"},
                     {"code", code},
                     {"is_transient", false},
                     {"fbtrace_id", "Abc"}};
  if (subcode != 0) error["error_subcode"] = subcode;
  return http::json_response(json::object{{"error", std::move(error)}}, status);
}

http::Response invalid(std::string_view words) { return refuse(400, 100, 0, words); }

// The query of a GET, the form of a POST.
std::map<std::string, std::string, std::less<>> fields_of(const http::Request& request) {
  std::map<std::string, std::string, std::less<>> fields;
  for (const auto& [name, value] : request.query.pairs) fields.emplace(name, value);
  if (request.method == "POST") {
    for (const auto& [name, value] : http::Query::parse(request.body).pairs)
      fields.emplace(name, value);
  }
  return fields;
}

std::string field(const std::map<std::string, std::string, std::less<>>& fields,
                  std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

// "2026-11-23T09:00:00+0000", as the API writes it.
std::string timestamp(base::Instant instant) {
  const auto text = base::format_rfc3339(std::chrono::floor<std::chrono::seconds>(instant));
  return text.substr(0, text.size() - 1) + "+0000";
}

}  // namespace

MetaDouble::MetaDouble(const base::Clock& clock, Make make)
    : clock_(clock),
      make_(make),
      token_made_at_(clock.now()),
      day_(make == Make::threads ? 250 : 50, day) {
  router_.filter(faults().filter([this](const auto& request) { return publishes(request); },
                                 [this](Fault, const auto&) {
                                   revoked_ = true;
                                   return refuse(400, 190, 460,
                                                 "The session has been invalidated.");
                                 }));
  const bool threads = make == Make::threads;
  const std::string version = threads ? "/v1.0" : "/v23.0";
  const std::string edge = version + "/{user}/" + (threads ? "threads" : "media");
  router_.get(version + "/me", guarded(&MetaDouble::me));
  router_.post(edge, guarded(&MetaDouble::create));
  router_.get(edge, guarded(&MetaDouble::list));
  router_.post(edge + "_publish", guarded(&MetaDouble::publish));
  router_.get(
      version + "/{user}/" + (threads ? "threads_publishing_limit" : "content_publishing_limit"),
      guarded(&MetaDouble::quota));
  router_.get(version + "/{object}", guarded(&MetaDouble::object));
  router_.get("/refresh_access_token", guarded(&MetaDouble::refresh));
}

json::object MetaDouble::settings(std::string origin) const {
  return {{"access_token", token_}, {"server", std::move(origin)}};
}

bool MetaDouble::publishes(const http::Request& request) const {
  return request.method == "POST" && request.path.ends_with("_publish");
}

http::Handler MetaDouble::guarded(Handler handler) {
  return [this, handler](http::Request request) { return guard(std::move(request), handler); };
}

io::Task<http::Response> MetaDouble::guard(http::Request request, Handler handler) {
  const auto fields = fields_of(request);
  if (revoked_ || field(fields, "access_token") != token_) {
    co_return refuse(400, 190, 0, "Invalid OAuth access token - Cannot parse access token");
  }
  const auto asked = request.params.find("user");
  if (asked != request.params.end() && asked->second != user) {
    co_return refuse(400, 100, 33, "Unsupported request: the object does not exist");
  }
  co_return (this->*handler)(request, fields);
}

http::Response MetaDouble::me(const http::Request&, const Fields&) {
  json::object profile{{"username", "rehearsal"}, {"name", "Rehearsal"}};
  if (make_ == Make::threads) {
    profile["id"] = user;
  } else {
    profile["id"] = "9000000000000001";
    profile["user_id"] = user;
  }
  return http::json_response(profile);
}

std::string MetaDouble::fault_of_carousel(std::string_view children) const {
  const auto ids = base::split(children, ',');
  const std::size_t most = make_ == Make::threads ? 20 : 10;
  if (ids.size() < 2 || ids.size() > most) return "The carousel has too many or too few items";
  for (const auto id : ids) {
    const auto item = containers_.find(id);
    if (item == containers_.end() || !item->second.is_item) return "An item does not exist";
    if (status_of(item->second) != "FINISHED") return "An item is not ready yet";
  }
  return "";
}

std::string MetaDouble::fault_of(const Fields& fields) const {
  const auto type = field(fields, "media_type");
  const auto image = field(fields, "image_url");
  const auto text = field(fields, make_ == Make::threads ? "text" : "caption");
  if (base::count_code_points(field(fields, "alt_text")) > 1000) return "alt_text is too long";
  if (make_ == Make::threads && count_emoji_bytes(text) > 500)
    return "Param text must be at most 500";
  if (make_ == Make::instagram && base::count_utf16(text) > 2200) return "The caption is too long";
  if (make_ == Make::instagram && !field(fields, "reply_to_id").empty()) return "Unknown parameter";
  if (type == "CAROUSEL") return fault_of_carousel(field(fields, "children"));
  if (type == "TEXT") {
    return make_ == Make::threads && !text.empty() ? "" : "Only photo or video can be accepted";
  }
  const bool is_image = type == "IMAGE" || (type.empty() && make_ == Make::instagram);
  if (!is_image) return "Param media_type is not one of the allowed values";
  return parse_address(image) ? "" : "Param image_url is not a valid URL";
}

http::Response MetaDouble::create(const http::Request&, const Fields& fields) {
  if (const auto fault = fault_of(fields); !fault.empty()) return invalid(fault);
  const auto parent = field(fields, "reply_to_id");
  if (!parent.empty() && post(parent) == nullptr) return invalid("reply_to_id does not exist");
  const auto id = std::to_string(++ids_);
  const bool slow = field(fields, "image_url").contains("slow");
  containers_[id] = {.text = field(fields, make_ == Make::threads ? "text" : "caption"),
                     .parent = parent,
                     .made_at = clock_.now(),
                     .asked_until_ready = slow ? 2 : 0,
                     .is_item = field(fields, "is_carousel_item") == "true"};
  return http::json_response(json::object{{"id", id}});
}

std::string MetaDouble::status_of(const Container& container) const {
  if (!container.post.empty()) return "PUBLISHED";
  if (container.made_at + container_life <= clock_.now()) return "EXPIRED";
  return container.asked_until_ready > 0 ? "IN_PROGRESS" : "FINISHED";
}

http::Response MetaDouble::publish(const http::Request&, const Fields& fields) {
  const auto found = containers_.find(field(fields, "creation_id"));
  if (found == containers_.end() || found->second.is_item) {
    return refuse(400, 24, 2207006, "The requested resource does not exist");
  }
  auto& container = found->second;
  if (status_of(container) != "FINISHED")
    return refuse(400, 9007, 2207027, "Media ID is not available");
  if (!spend(day_, clock_.now())) {
    return refuse(403, 9, 2207042, "You reached the maximum number of posts of a day");
  }
  container.post = std::to_string(++ids_);
  published_at_[container.post] = clock_.now();
  taken_.push_back({.id = container.post,
                    .text = container.text,
                    .parent = container.parent,
                    .key = found->first});
  return http::json_response(json::object{{"id", container.post}});
}

const Taken* MetaDouble::post(std::string_view id) const {
  const auto found = std::ranges::find(taken_, id, &Taken::id);
  return found == taken_.end() ? nullptr : &*found;
}

http::Response MetaDouble::list(const http::Request&, const Fields&) {
  json::array data;
  for (auto taken = taken_.rbegin(); taken != taken_.rend() && data.size() < 50; ++taken) {
    data.push_back(json::object{{"id", taken->id},
                                {"permalink", "https://meta.example/p/" + taken->id},
                                {"timestamp", timestamp(published_at_.at(taken->id))},
                                {make_ == Make::threads ? "text" : "caption", taken->text}});
  }
  return http::json_response(json::object{{"data", std::move(data)}});
}

http::Response MetaDouble::quota(const http::Request&, const Fields&) {
  const json::object config{{"quota_total", day_.max()}, {"quota_duration", 86400}};
  return http::json_response(json::object{
      {"data",
       json::array{json::object{{"quota_usage", day_.max() - day_.left()}, {"config", config}}}}});
}

http::Response MetaDouble::object(const http::Request& request, const Fields&) {
  const auto& id = request.param("object");
  if (post(id) != nullptr) {
    return http::json_response(
        json::object{{"id", id}, {"permalink", "https://meta.example/p/" + id}});
  }
  const auto container = containers_.find(id);
  if (container == containers_.end() || containers_hidden_) {
    return refuse(400, 100, 33, "Unsupported get request: the object does not exist");
  }
  auto& left = container->second.asked_until_ready;
  if (left > 0) --left;
  const auto status = status_of(container->second);
  return http::json_response(
      json::object{{"id", id}, {make_ == Make::threads ? "status" : "status_code", status}});
}

http::Response MetaDouble::refresh(const http::Request&, const Fields& fields) {
  const auto* grant = make_ == Make::threads ? "th_refresh_token" : "ig_refresh_token";
  if (field(fields, "grant_type") != grant) return invalid("Unknown grant_type");
  if (clock_.now() - token_made_at_ < token_age_min) {
    return invalid("The token must be at least 24 hours old");
  }
  token_made_at_ = clock_.now();
  token_ += "-renewed";
  return http::json_response(
      json::object{{"access_token", token_}, {"token_type", "bearer"}, {"expires_in", 5'184'000}});
}

}  // namespace networks::doubles
