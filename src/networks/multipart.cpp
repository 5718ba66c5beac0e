#include "networks/multipart.h"

#include "base/crypto.h"
#include "base/text.h"
#include "networks/fields.h"

namespace networks {

void set_form(http::ClientRequest& request, const std::vector<FormPart>& parts) {
  const std::string boundary = "socialtrend-" + base::hex(base::random_bytes(16));
  std::string body;
  for (const auto& part : parts) {
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + part.name + '"';
    if (!part.file_name.empty()) {
      body += "; filename=\"" + part.file_name + "\"\r\nContent-Type: " + part.content_type;
    }
    body += "\r\n\r\n" + part.value + "\r\n";
  }
  body += "--" + boundary + "--\r\n";
  request.headers.set("Content-Type", "multipart/form-data; boundary=" + boundary);
  request.body = std::move(body);
}

std::string file_name(std::string_view content_type, std::size_t number) {
  auto kind = content_type.substr(content_type.find('/') + 1);
  if (kind.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != std::string_view::npos)
    kind = "bin";
  return fmt::format("picture-{}.{}", number, kind);
}

json::array enclose(const std::vector<Image>& images) {
  json::array files;
  for (const auto& image : images) {
    files.push_back(json::object{{"content_type", image.content_type},
                                 {"alt_text", image.alt_text},
                                 {"base64", base::base64(image.bytes)}});
  }
  return files;
}

std::vector<Image> enclosed(const json::object& payload, std::string_view field) {
  std::vector<Image> images;
  const auto* files = array_field(payload, field);
  if (files == nullptr) return images;
  for (const auto& file : *files) {
    const auto& fields = file.as_object();
    images.push_back({.content_type = text_field(fields, "content_type"),
                      .bytes = base::from_base64(text_field(fields, "base64")),
                      .alt_text = text_field(fields, "alt_text")});
  }
  return images;
}

}  // namespace networks
