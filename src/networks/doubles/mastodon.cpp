#include "networks/doubles/mastodon.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/count.h"
#include "networks/doubles/form.h"
#include "networks/fields.h"

namespace networks::doubles {
namespace {

constexpr std::chrono::hours key_life{1};
constexpr std::size_t file_max = 16 * 1024 * 1024;
constexpr std::size_t page_max = 40;
constexpr std::string_view account_id = "109300000000000001";

http::Response refuse(int status, std::string_view error) {
  return http::json_response(json::object{{"error", error}}, status);
}

http::Response too_many(const RateLimit& limit) {
  auto response = refuse(429, "Too many requests");
  response.headers.set("X-RateLimit-Limit", std::to_string(limit.max()));
  response.headers.set("X-RateLimit-Remaining", "0");
  response.headers.set("X-RateLimit-Reset", base::format_rfc3339(limit.ends()));
  return response;
}

std::string link_html(std::string_view url) {
  const auto scheme = url.find("://") + 3;
  const auto shown = url.substr(scheme, 30);
  const auto rest = url.substr(scheme + shown.size());
  return fmt::format(
      "<a href=\"{}\" target=\"_blank\" rel=\"nofollow noopener\"><span "
      "class=\"invisible\">{}</span>"
      "<span class=\"{}\">{}</span><span class=\"invisible\">{}</span></a>",
      base::escape_html(url), base::escape_html(url.substr(0, scheme)),
      rest.empty() ? "" : "ellipsis", base::escape_html(shown), base::escape_html(rest));
}

std::string lines_html(std::string_view plain) {
  std::string out;
  for (const char c : base::escape_html(plain)) {
    if (c == '\n') {
      out += "<br />";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

io::Task<http::Response> at_once(http::Response response) { co_return response; }

}  // namespace

std::string mastodon_html(std::string_view text) {
  std::map<std::size_t, std::pair<std::size_t, std::string>> pieces;
  for (const auto& url : base::find_urls(text)) {
    pieces[url.begin] = {url.end, link_html(text.substr(url.begin, url.end - url.begin))};
  }
  for (const auto& mention : find_remote_mentions(text)) {
    const auto user = text.substr(mention.begin + 1, mention.host - mention.begin - 1);
    pieces[mention.begin] = {
        mention.end,
        fmt::format("<span class=\"h-card\"><a class=\"u-url mention\">@<span>{}</span></a></span>",
                    user)};
  }
  std::string html = "<p>";
  std::size_t at = 0;
  for (const auto& [begin, piece] : pieces) {
    if (begin < at) continue;
    html += lines_html(text.substr(at, begin - at)) + piece.second;
    at = piece.first;
  }
  return html + lines_html(text.substr(at)) + "</p>";
}

MastodonDouble::MastodonDouble(const base::Clock& clock, Make make) : clock_(clock), make_(make) {
  router_.filter(faults().filter([this](const auto& request) { return publishes(request); },
                                 [this](Fault, const auto&) {
                                   revoked_ = true;
                                   return refuse(401, "The access token was revoked");
                                 }));
  router_.get("/api/v1/instance",
              [this](const http::Request& r) { return at_once(instance_v1(r)); });
  if (make != Make::pixelfed) {
    router_.get("/api/v2/instance",
                [this](const http::Request& r) { return at_once(instance_v2(r)); });
  }
  router_.get("/api/v1/accounts/verify_credentials", guarded(&MastodonDouble::verify_credentials));
  router_.post("/api/v2/media", guarded(&MastodonDouble::upload));
  router_.get("/api/v1/media/{id}", guarded(&MastodonDouble::media));
  router_.post("/api/v1/statuses", guarded(&MastodonDouble::create_status));
  router_.get("/api/v1/accounts/{id}/statuses", guarded(&MastodonDouble::list_statuses));
}

json::object MastodonDouble::settings(std::string origin) const {
  return {{"server", origin}, {"access_token", token_}};
}

bool MastodonDouble::publishes(const http::Request& request) const {
  return request.method == "POST" && request.path == "/api/v1/statuses";
}

http::Handler MastodonDouble::guarded(Handler handler) {
  return [this, handler](http::Request request) { return guard(std::move(request), handler); };
}

io::Task<http::Response> MastodonDouble::guard(http::Request request, Handler handler) {
  if (request.headers.get("Authorization") != "Bearer " + token_)
    co_return refuse(401, "The access token is invalid");
  if (revoked_) co_return refuse(401, "The access token was revoked");
  if (!spend(calls_, clock_.now())) co_return too_many(calls_);
  auto response = (this->*handler)(request);
  response.headers.set("X-RateLimit-Limit", std::to_string(calls_.max()));
  response.headers.set("X-RateLimit-Remaining", std::to_string(calls_.left()));
  response.headers.set("X-RateLimit-Reset", base::format_rfc3339(calls_.ends()));
  co_return response;
}

json::object MastodonDouble::configuration() const {
  return {{"statuses",
           {{"max_characters", text_max_},
            {"max_media_attachments", 4},
            {"characters_reserved_per_url", 23}}},
          {"media_attachments",
           {{"supported_mime_types",
             {"image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4"}},
            {"image_size_limit", file_max},
            {"description_limit", 1500}}}};
}

http::Response MastodonDouble::instance_v1(const http::Request&) {
  const auto* version = make_ == Make::mastodon     ? "4.3.1"
                        : make_ == Make::gotosocial ? "0.17.3+git-1234567"
                                                    : "3.5.3 (compatible; Pixelfed 0.11.13)";
  return http::json_response(
      json::object{{"version", version}, {"configuration", configuration()}});
}

http::Response MastodonDouble::instance_v2(const http::Request&) {
  const bool is_mastodon = make_ == Make::mastodon;
  return http::json_response(json::object{
      {"version", is_mastodon ? "4.3.1" : "0.17.3+git-1234567"},
      {"source_url", is_mastodon ? "https://github.com/mastodon/mastodon"
                                 : "https://codeberg.org/superseriousbusiness/gotosocial"},
      {"configuration", configuration()}});
}

http::Response MastodonDouble::verify_credentials(const http::Request&) {
  return http::json_response(json::object{{"id", account_id},
                                          {"username", "rehearsal"},
                                          {"display_name", "Rehearsal"},
                                          {"url", "https://example.org/@rehearsal"}});
}

http::Response MastodonDouble::upload(const http::Request& request) {
  if (!spend(uploads_, clock_.now())) return too_many(uploads_);
  const auto form = parse_form(request).value_or(std::vector<FormPart>());
  const auto* file = find_part(form, "file");
  const auto* told = find_part(form, "description");
  const auto description = told == nullptr ? std::string() : told->value;
  if (file == nullptr || file->value.empty())
    return refuse(422, "Validation failed: File can't be blank");
  if (file->value.size() > file_max)
    return refuse(422, "Validation failed: File size must be less than 16 MB");
  if (base::count_code_points(description) > 1500)
    return refuse(422, "Validation failed: Description is too long");
  const auto id = std::to_string(++ids_);
  // A moving picture takes a while.
  const bool slow = file->content_type == "image/gif";
  files_[id] = {.description = description, .asked_until_ready = slow ? 2 : 0};
  return http::json_response(
      json::object{{"id", id}, {"type", "image"}, {"description", description}}, slow ? 202 : 200);
}

http::Response MastodonDouble::media(const http::Request& request) {
  const auto file = files_.find(request.param("id"));
  if (file == files_.end()) return refuse(404, "Record not found");
  if (file->second.asked_until_ready > 0) --file->second.asked_until_ready;
  return http::json_response(json::object{{"id", file->first}},
                             file->second.asked_until_ready > 0 ? 206 : 200);
}

const json::object* MastodonDouble::status(std::string_view id) const {
  for (const auto& status : statuses_) {
    if (status.at("id").get_string() == id) return &status.get_object();
  }
  return nullptr;
}

std::string MastodonDouble::fault_of(const json::value& body) const {
  const auto text = base::text_at(body, "/status");
  const auto* media = base::find(body, "/media_ids");
  if (base::trim(text).empty() && media == nullptr) return "Validation failed: Text can't be blank";
  if (make_ == Make::pixelfed && media == nullptr) return "The media ids field is required.";
  const Limits limits{.unit = CountUnit::mastodon, .url_length = 23};
  if (count_text(text, limits) > text_max_) {
    return fmt::format("Validation failed: Text character limit of {} exceeded", text_max_);
  }
  if (media == nullptr) return "";
  if (media->get_array().size() > 4) return "Cannot attach more than 4 files";
  for (const auto& id : media->get_array()) {
    const auto file = files_.find(std::string(std::string_view(id.get_string())));
    if (file == files_.end()) return "Validation failed: media not found";
    if (file->second.asked_until_ready > 0) {
      return "Cannot attach files that have not finished processing. Try again in a moment!";
    }
  }
  return "";
}

json::object MastodonDouble::make_status(const json::value& body) {
  const auto id = std::to_string(++ids_);
  const auto url = "https://example.org/@rehearsal/" + id;
  json::array attachments;
  if (const auto* media = base::find(body, "/media_ids"); media != nullptr) {
    for (const auto& file : media->get_array()) attachments.push_back(json::object{{"id", file}});
  }
  const auto parent = base::text_at(body, "/in_reply_to_id");
  return {{"id", id},
          {"created_at", base::format_rfc3339(clock_.now())},
          {"in_reply_to_id", parent.empty() ? json::value(nullptr) : json::value(parent)},
          {"content", mastodon_html(base::text_at(body, "/status"))},
          {"media_attachments", std::move(attachments)},
          {"url", url},
          {"uri", url}};
}

http::Response MastodonDouble::create_status(const http::Request& request) {
  const auto body = http::json_body(request);
  if (!body || !body->is_object()) return refuse(400, "Bad request");
  const std::string key(request.headers.get("Idempotency-Key"));
  const auto known = keys_.find(key);
  if (make_ != Make::gotosocial && known != keys_.end() && known->second.until > clock_.now()) {
    if (make_ == Make::pixelfed) return refuse(400, "Duplicate idempotency key");
    return http::json_response(*status(known->second.id));
  }
  if (const auto fault = fault_of(*body); !fault.empty()) return refuse(422, fault);
  const auto parent = base::text_at(*body, "/in_reply_to_id");
  if (!parent.empty() && status(parent) == nullptr) return refuse(404, "Record not found");
  auto made = make_status(*body);
  keys_[key] = {.id = text_field(made, "id"), .until = clock_.now() + key_life};
  taken_.push_back({.id = text_field(made, "id"),
                    .text = base::text_at(*body, "/status"),
                    .parent = parent,
                    .key = key});
  statuses_.push_back(made);
  return http::json_response(made);
}

http::Response MastodonDouble::list_statuses(const http::Request& request) {
  if (request.param("id") != account_id) return refuse(404, "Record not found");
  const auto before = request.query.get("max_id");
  json::array page;
  for (auto status = statuses_.rbegin(); status != statuses_.rend() && page.size() < page_max;
       ++status) {
    // Ids are of one length, so they compare as text.
    if (before && std::string_view(status->at("id").get_string()) >= *before) continue;
    page.push_back(*status);
  }
  return http::json_response(page);
}

}  // namespace networks::doubles
