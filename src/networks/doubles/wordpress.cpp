#include "networks/doubles/wordpress.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/doubles/form.h"
#include "networks/fields.h"

namespace networks::doubles {
namespace {

constexpr std::string_view user_name = "rehearsal";
constexpr std::string_view pretty_api = "/wp-json";
constexpr std::size_t upload_max = std::size_t{2} * 1024 * 1024;  // as PHP is delivered

http::Response refuse(int status, std::string_view code, std::string_view message) {
  return http::json_response(
      json::object{{"code", code}, {"message", message}, {"data", {{"status", status}}}}, status);
}

http::Response page_not_found() {
  return http::text_response("<h1>Not Found</h1>", "text/html; charset=utf-8", 404);
}

// The route as WordPress sees it, whichever way it was written: "/wp/v2/posts".
std::string route_of(const http::Request& request) {
  if (request.path.starts_with(pretty_api)) return request.path.substr(pretty_api.size());
  return std::string(request.query.get("rest_route").value_or(""));
}

// What readers see: the title, then the text, which may begin with the title's own words.
std::string as_read(const json::value& post) {
  const auto title = base::html_to_text(base::text_at(post, "/title"));
  const auto text = base::html_to_text(base::text_at(post, "/content"));
  std::string_view beginning = title;
  if (beginning.ends_with("…")) beginning.remove_suffix(std::string_view("…").size());
  return text.starts_with(beginning) ? text : title + "\n" + text;
}

}  // namespace

WordPressDouble::WordPressDouble(const base::Clock& clock, Permalinks permalinks) : clock_(clock) {
  router_.filter(faults().filter([this](const auto& request) { return publishes(request); },
                                 [this](Fault, const auto&) {
                                   revoked_ = true;
                                   return refuse(
                                       401, "incorrect_password",
                                       "The provided password is an invalid application password.");
                                 }));
  const auto handler = [this](http::Request request) { return answer(std::move(request)); };
  for (const auto* method : {"GET", "POST"}) {
    router_.add(method, "/index.php", handler);
    if (permalinks == Permalinks::pretty) router_.add(method, "/wp-json/{route...}", handler);
  }
}

json::object WordPressDouble::settings(std::string origin) const {
  return {{"site", origin}, {"username", user_name}, {"application_password", password_}};
}

bool WordPressDouble::publishes(const http::Request& request) const {
  return request.method == "POST" && route_of(request) == "/wp/v2/posts";
}

bool WordPressDouble::is_known(const http::Request& request) const {
  const auto good = "Basic " + base::base64(std::string(user_name) + ":" + password_);
  return !revoked_ && request.headers.get("Authorization") == good;
}

io::Task<http::Response> WordPressDouble::answer(http::Request request) {
  const auto route = route_of(request);
  if (route.empty()) co_return page_not_found();
  if (route == "/" && request.method == "GET") co_return root();
  if (!is_known(request)) {
    co_return refuse(401, "incorrect_password",
                     "The provided password is an invalid application password.");
  }
  if (route == "/wp/v2/users/me" && request.method == "GET") co_return me();
  if (route == "/wp/v2/media" && request.method == "POST") co_return upload(request);
  if (route == "/wp/v2/posts") co_return request.method == "POST" ? create(request) : list(request);
  co_return refuse(404, "rest_no_route", "No route was found matching the URL and request method.");
}

http::Response WordPressDouble::root() const {
  return http::json_response(json::object{
      {"name", "Rehearsal &amp; Co"},
      {"namespaces", json::array{"oembed/1.0", "wp/v2"}},
      {"authentication",
       {{"application-passwords",
         {{"endpoints", {{"authorization", "/wp-admin/authorize-application.php"}}}}}}}});
}

http::Response WordPressDouble::me() const {
  return http::json_response(
      json::object{{"id", 2},
                   {"name", "Rehearsal"},
                   {"slug", user_name},
                   {"capabilities", {{"publish_posts", may_publish_}, {"upload_files", true}}}});
}

http::Response WordPressDouble::upload(const http::Request& request) {
  const auto form = parse_form(request);
  const auto* file = form ? find_part(*form, "file") : nullptr;
  if (file == nullptr || file->value.empty())
    return refuse(400, "rest_upload_no_data", "No data supplied.");
  if (!file->content_type.starts_with("image/"))
    return refuse(500, "rest_upload_sideload_error",
                  "Sorry, you are not allowed to upload this file type.");
  if (file->value.size() > upload_max)
    return refuse(500, "rest_upload_sideload_error",
                  "The uploaded file exceeds the upload_max_filesize directive in php.ini.");
  const auto* description = find_part(*form, "alt_text");
  descriptions_.push_back(description == nullptr ? "" : description->value);
  const auto id = ++ids_;
  return http::json_response(
      json::object{{"id", id},
                   {"source_url", fmt::format("https://blog.example/wp-content/uploads/{}-{}", id,
                                              file->file_name)}},
      201);
}

std::string WordPressDouble::free_slug(const std::string& wanted) const {
  if (!slugs_.contains(wanted)) return wanted;
  for (int number = 2;; ++number) {
    if (auto slug = fmt::format("{}-{}", wanted, number); !slugs_.contains(slug)) return slug;
  }
}

http::Response WordPressDouble::create(const http::Request& request) {
  if (!may_publish_)
    return refuse(403, "rest_cannot_create",
                  "Sorry, you are not allowed to create posts as this user.");
  const auto body = http::json_body(request);
  if (!body || !body->is_object())
    return refuse(400, "rest_invalid_json", "Invalid JSON body passed.");
  if (base::text_at(*body, "/title").empty() && base::text_at(*body, "/content").empty())
    return refuse(400, "empty_content", "Content, title, and excerpt are empty.");
  if (base::text_at(*body, "/status") != "publish")
    return refuse(400, "rest_invalid_param", "Invalid parameter(s): status");
  const auto slug = free_slug(base::text_at(*body, "/slug"));
  const auto id = ++ids_;
  slugs_.insert(slug);
  taken_.push_back(
      {.id = std::to_string(id), .text = as_read(*body), .key = base::text_at(*body, "/slug")});
  posts_.push_back({{"id", id},
                    {"slug", slug},
                    {"status", "publish"},
                    {"date_gmt", base::format_rfc3339(clock_.now())},
                    {"link", "https://blog.example/" + slug + "/"},
                    {"title", {{"raw", base::text_at(*body, "/title")}}},
                    {"content", {{"raw", base::text_at(*body, "/content")}}}});
  return http::json_response(posts_.back(), 201);
}

http::Response WordPressDouble::list(const http::Request& request) const {
  json::array found;
  for (const auto& post : posts_) {
    if (text_field(post, "slug") == request.query.get("slug").value_or("")) found.push_back(post);
  }
  return http::json_response(found);
}

}  // namespace networks::doubles
