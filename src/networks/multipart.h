// multipart/form-data (RFC 7578) of requests that carry files, and files inside frozen payloads.
#pragma once

#include "http/client.h"
#include "networks/network.h"

#include <string>
#include <string_view>
#include <vector>

namespace networks {

struct FormPart {
  std::string name;
  std::string value;
  std::string file_name = {};  // with a type: this part is a file
  std::string content_type = {};
};

// Sets body and Content-Type. The boundary is random, so no value can hold it. Names are ours and
// not escaped.
void set_form(http::ClientRequest& request, const std::vector<FormPart>& parts);

// "picture-1.png" for the first file of type "image/png"; a strange type is "bin".
std::string file_name(std::string_view content_type, std::size_t number);

// Pictures that go out in the publishing request itself have to be part of the frozen payload.
json::array enclose(const std::vector<Image>& images);
std::vector<Image> enclosed(const json::object& payload, std::string_view field);

}  // namespace networks
