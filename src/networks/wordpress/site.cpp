#include "networks/wordpress/site.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/fields.h"

namespace networks::wordpress {
namespace {

constexpr std::string_view route_in_query = "/index.php?rest_route=";

bool speaks_wordpress(const json::object& root) {
  const auto* namespaces = array_field(root, "namespaces");
  return namespaces != nullptr && std::ranges::any_of(*namespaces, [](const auto& name) {
           return name.is_string() && std::string_view(name.get_string()) == "wp/v2";
         });
}

}  // namespace

Site site_of(const json::object& credentials) {
  return {.api = text_field(credentials, "api"),
          .user = text_field(credentials, "username"),
          .password = text_field(credentials, "application_password")};
}

http::ClientRequest request(const Site& site, std::string method, std::string_view path,
                            std::string_view query) {
  http::ClientRequest request{.method = std::move(method), .url = site.api + std::string(path)};
  if (!query.empty()) {
    request.url += request.url.find('?') == std::string::npos ? "?" : "&";
    request.url += query;
  }
  request.headers.set("Authorization", "Basic " + base::base64(site.user + ":" + site.password));
  return request;
}

std::optional<Outcome> failure(const Answer& answer, base::Instant now) {
  std::string words;
  std::string code;
  if (answer) {
    if (const auto body = object_of(*answer)) {
      words = text_field(*body, "message");
      code = text_field(*body, "code");
    }
  }
  auto outcome =
      failure_of(answer, {.label = "WordPress", .now = now, .code = code, .words = words});
  if (!answer || !outcome) return outcome;
  // A user who lost the right to publish, a site that switched its API off.
  if (answer->status == 403 || answer->status == 404) return AccountBroken{reason_of(*outcome)};
  // It says 500 to files that it does not want.
  if (code.starts_with("rest_upload_")) return Rejected{.code = code, .reason = clean_words(words)};
  return outcome;
}

io::Task<std::expected<Root, Outcome>> discover(Context context, std::string home) {
  Outcome last = Rejected{.code = "not_wordpress",
                          .reason = "No WordPress answers there, or its REST API is switched off."};
  for (const auto& api : {home + "/wp-json", home + std::string(route_in_query)}) {
    const auto answer = co_await context.http->send({.url = api + "/"});
    if (answer && answer->status >= 400 && answer->status < 500) continue;
    if (auto bad = failure(answer, context.clock->now()))
      co_return std::unexpected(std::move(*bad));
    const auto root = object_of(*answer);
    if (!root || !speaks_wordpress(*root)) continue;
    const auto* ways = object_field(*root, "authentication");
    co_return Root{
        .api = api,
        .title = clean_words(base::html_to_text(text_field(*root, "name"))),
        .application_passwords = ways != nullptr && ways->contains("application-passwords")};
  }
  co_return std::unexpected(std::move(last));
}

}  // namespace networks::wordpress
