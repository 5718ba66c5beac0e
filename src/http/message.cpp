#include "http/message.h"

#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "http/status.h"
#include "http/syntax.h"

#include <boost/json.hpp>

namespace http {
namespace {

// No value can end its line and begin a header of its own.
std::string one_line(std::string value) {
  for (char& c : value) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) c = ' ';
  }
  return value;
}

}  // namespace

std::string_view Headers::get(std::string_view name) const {
  for (const auto& [key, value] : all_) {
    if (base::equals_ignore_case(key, name)) return value;
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  return std::ranges::any_of(
      all_, [&](const auto& header) { return base::equals_ignore_case(header.first, name); });
}

void Headers::set(std::string name, std::string value) {
  remove(name);
  add(std::move(name), std::move(value));
}

void Headers::add(std::string name, std::string value) {
  if (!is_token(name)) return;
  all_.emplace_back(std::move(name), one_line(std::move(value)));
}

void Headers::remove(std::string_view name) {
  std::erase_if(all_,
                [&](const auto& header) { return base::equals_ignore_case(header.first, name); });
}

const std::string& Request::param(std::string_view name) const {
  const auto found = params.find(name);
  CHECK(found != params.end());
  return found->second;
}

std::string Request::cookie(std::string_view name) const {
  for (const auto& [header, line] : headers.all()) {
    if (!base::equals_ignore_case(header, "Cookie")) continue;
    for (const std::string_view part : base::split(line, ';')) {
      const std::string_view pair = base::trim(part);
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
      std::string_view value = pair.substr(equals + 1);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      return std::string(value);
    }
  }
  return {};
}

Response json_response(const boost::json::value& value, int status) {
  return text_response(boost::json::serialize(value), "application/json", status);
}

Response text_response(std::string text, std::string_view type, int status) {
  Response response{.status = status, .body = std::move(text)};
  response.headers.set("Content-Type", std::string(type));
  return response;
}

Response no_content() { return Response{.status = 204}; }

Response redirect(std::string location, int status) {
  Response response{.status = status};
  response.headers.set("Location", std::move(location));
  return response;
}

Response problem(const base::Error& error, std::string_view request_id) {
  boost::json::object body{{"type", "about:blank"},
                           {"title", reason_phrase(error.status)},
                           {"status", error.status},
                           {"detail", error.message},
                           {"code", error.code}};
  if (!error.fields.empty()) {
    boost::json::array fields;
    for (const base::FieldError& field : error.fields) {
      fields.push_back(boost::json::object{{"field", field.field}, {"message", field.message}});
    }
    body["errors"] = std::move(fields);
  }
  if (!request_id.empty()) body["request_id"] = request_id;

  Response response =
      text_response(boost::json::serialize(body), "application/problem+json", error.status);
  if (error.retry_after > 0) response.headers.set("Retry-After", std::to_string(error.retry_after));
  return response;
}

base::Result<boost::json::value> json_body(const Request& request) {
  if (media_type(request.headers.get("Content-Type")) != "application/json") {
    return base::fail(
        {.status = 415,
         .code = "unsupported_media_type",
         .message = "Send the body as JSON, with the header Content-Type: application/json."});
  }
  if (request.body.empty()) {
    return base::fail(
        {.status = 400, .code = "bad_json", .message = "The body is empty; JSON is needed."});
  }
  return base::parse_json(request.body);
}

std::string sse_event(std::string_view event, std::string_view data, std::string_view id) {
  const auto first_line = [](std::string_view text) {
    return text.substr(0, text.find_first_of(std::string_view("\r\n\0", 3)));
  };
  std::string wire;
  wire.reserve(data.size() + event.size() + id.size() + 32);
  if (!id.empty()) wire.append("id: ").append(first_line(id)).append("\n");
  if (!event.empty()) wire.append("event: ").append(first_line(event)).append("\n");
  for (;;) {
    const std::size_t end = std::min(data.find_first_of("\r\n"), data.size());
    wire.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == data.size()) break;
    const bool pair = data.substr(end).starts_with("\r\n");
    data.remove_prefix(end + (pair ? 2 : 1));
  }
  wire.append("\n");
  return wire;
}

}  // namespace http
