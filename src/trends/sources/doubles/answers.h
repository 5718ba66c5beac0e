// For tests: short ways to say what a server on this machine answers.
#pragma once

#include "http/router.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace trends::doubles {

using http::Request;
using http::Response;

inline io::Task<Response> answer(Response response) { co_return response; }

inline Response json_text(std::string body) {
  return http::text_response(std::move(body), "application/json");
}

inline Response status(int code, std::vector<std::pair<std::string, std::string>> headers = {}) {
  Response response{.status = code};
  for (auto& [name, value] : headers) response.headers.set(name, value);
  return response;
}

inline http::Handler handle(std::function<Response(const Request&)> make) {
  return [make](Request request) { return answer(make(request)); };
}

}  // namespace trends::doubles
