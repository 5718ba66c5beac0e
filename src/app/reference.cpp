#include "app/reference.h"

#include "app/assets.h"
#include "base/json.h"
#include "base/text.h"

#include <map>
#include <string>

#include <fmt/format.h>

namespace app {
namespace {

constexpr std::string_view style = R"(<style>
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent) }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem }
h1 { margin-bottom: 0 }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); text-transform: capitalize }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; padding: .6rem }
summary { cursor: pointer }
code, pre { font: .875rem/1.5 ui-monospace, monospace }
pre { overflow-x: auto }
.method { display: inline-block; min-width: 4.2rem; font-weight: 700 }
.note { opacity: .75 }
</style>)";

std::string escaped(const json::value& value, std::string_view pointer) {
  return base::escape_html(base::text_at(value, pointer));
}

// A schema in a few words: a type, the name of a schema with a link to it, or its members.
std::string describe(const json::value& schema) {
  if (const json::value* reference = base::find(schema, "/$ref")) {
    const std::string path(reference->get_string());
    const std::string last = base::escape_html(path.substr(path.rfind('/') + 1));
    return fmt::format("<a href=\"#schema-{}\">{}</a>", last, last);
  }
  if (const json::value* items = base::find(schema, "/items")) return "list of " + describe(*items);
  if (const json::value* members = base::find(schema, "/properties")) {
    std::string text = "<ul>";
    for (const auto& member : members->get_object()) {
      text += fmt::format("<li><code>{}</code> {} <span class=\"note\">{}</span></li>",
                          base::escape_html(member.key()), describe(member.value()),
                          escaped(member.value(), "/description"));
    }
    return text + "</ul>";
  }
  for (const char* combined : {"/allOf", "/oneOf"}) {
    if (const json::value* parts = base::find(schema, combined)) {
      std::string text;
      for (const json::value& part : parts->get_array()) text += describe(part) + " ";
      return text;
    }
  }
  const json::value* type = base::find(schema, "/type");
  return type == nullptr ? "any" : base::escape_html(json::serialize(*type));
}

std::string describe_parameters(const json::value& operation) {
  const json::value* parameters = base::find(operation, "/parameters");
  if (parameters == nullptr) return "";
  std::string text;
  for (const json::value& parameter : parameters->get_array()) {
    if (const std::string name = escaped(parameter, "/name"); !name.empty()) {
      text += fmt::format("<li><code>{}</code> ({}) <span class=\"note\">{}</span></li>", name,
                          escaped(parameter, "/in"), escaped(parameter, "/description"));
    }
  }
  return text.empty() ? "" : "<p>Parameters</p><ul>" + text + "</ul>";
}

// The schemas of the media types under `content`.
std::string describe_content(const json::value& holder) {
  const json::value* content = base::find(holder, "/content");
  if (content == nullptr) return "";
  std::string text;
  for (const auto& media : content->get_object()) {
    const json::value* schema = base::find(media.value(), "/schema");
    text += fmt::format("<code>{}</code> {}", base::escape_html(media.key()),
                        schema == nullptr ? "" : describe(*schema));
  }
  return text;
}

std::string describe_operation(std::string_view path, std::string_view method,
                               const json::value& operation) {
  std::string text = fmt::format(
      "<details><summary><span class=\"method\">{}</span> <code>{}</code> — {}</summary>", method,
      base::escape_html(path), escaped(operation, "/summary"));
  text += fmt::format("<p>{}</p>", escaped(operation, "/description"));
  if (const std::string role = escaped(operation, "/x-role"); !role.empty()) {
    text += fmt::format("<p>Needs the role <b>{}</b>.</p>", role);
  }
  text += describe_parameters(operation);
  if (const json::value* body = base::find(operation, "/requestBody")) {
    text += "<p>Body: " + describe_content(*body) + "</p>";
  }
  for (const auto& response : operation.at("responses").as_object()) {
    if (response.key() == "default") continue;
    text += fmt::format("<p>{}: {}</p>", base::escape_html(response.key()),
                        describe_content(response.value()));
  }
  return text + "</details>";
}

std::string make_page() {
  const json::value document = json::parse(openapi_text());
  std::map<std::string, std::string> sections;
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      std::string method(operation.key());
      for (char& c : method) c = static_cast<char>(c & ~0x20);
      sections[base::text_at(operation.value(), "/tags/0")] +=
          describe_operation(path.key(), method, operation.value());
    }
  }
  std::string page =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>API · SocialTrend Automator</title>";
  page += style;
  page += fmt::format(
      "<h1>{} API</h1><p>Version {} · <a href=\"/api/openapi.json\">openapi.json</a></p><p>{}</p>",
      escaped(document, "/info/title"), escaped(document, "/info/version"),
      escaped(document, "/info/description"));
  for (const auto& [tag, operations] : sections) {
    page += fmt::format("<h2>{}</h2>{}", base::escape_html(tag), operations);
  }
  page += "<h2>Schemas</h2>";
  for (const auto& schema : document.at("components").at("schemas").as_object()) {
    page += fmt::format(
        "<details id=\"schema-{0}\"><summary><code>{0}</code></summary>{1} {2}</details>",
        base::escape_html(schema.key()), escaped(schema.value(), "/description"),
        describe(schema.value()));
  }
  return page + "</html>";
}

io::Task<http::Response> get_document(http::Request) {
  http::Response response;
  response.headers.set("Content-Type", "application/json");
  response.headers.set("Cache-Control", "no-cache");
  response.static_body = openapi_text();
  co_return response;
}

io::Task<http::Response> get_page(http::Request) {
  // Made when asked for: a few milliseconds, and no memory for a page that is seldom read.
  http::Response response = http::text_response(make_page(), "text/html; charset=utf-8");
  response.headers.set("Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  co_return response;
}

}  // namespace

void bind_reference(http::Router& router) {
  router.get("/api/openapi.json", get_document);
  router.get("/docs", get_page);
  router.get("/automation/docs", get_page);
}

}  // namespace app
