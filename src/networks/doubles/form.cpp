#include "networks/doubles/form.h"

#include "base/text.h"

namespace networks::doubles {
namespace {

// The value of `name="..."` in a header line.
std::string attribute(std::string_view line, std::string_view name) {
  const auto mark = fmt::format(" {}=\"", name);
  const auto at = line.find(mark);
  if (at == std::string_view::npos) return "";
  const auto rest = line.substr(at + mark.size());
  return std::string(rest.substr(0, rest.find('"')));
}

std::optional<FormPart> read_part(std::string_view text) {
  const auto gap = text.find("\r\n\r\n");
  if (gap == std::string_view::npos || !text.ends_with("\r\n")) return std::nullopt;
  FormPart part{.name = {}, .value = std::string(text.substr(gap + 4, text.size() - gap - 6))};
  for (auto line : base::split(text.substr(0, gap), '\n')) {
    line = base::trim(line);
    if (const auto lower = base::to_lower_ascii(line); lower.starts_with("content-disposition:")) {
      part.name = attribute(line, "name");
      part.file_name = attribute(line, "filename");
    } else if (lower.starts_with("content-type:")) {
      part.content_type = base::trim(line.substr(line.find(':') + 1));
    }
  }
  if (part.name.empty()) return std::nullopt;
  return part;
}

}  // namespace

std::optional<std::vector<FormPart>> parse_form(const http::Request& request) {
  constexpr std::string_view type = "multipart/form-data; boundary=";
  const auto given = request.headers.get("Content-Type");
  if (!given.starts_with(type)) return std::nullopt;
  const std::string boundary = "--" + std::string(given.substr(type.size()));
  std::string_view rest = request.body;
  if (!rest.starts_with(boundary)) return std::nullopt;
  rest.remove_prefix(boundary.size());
  std::vector<FormPart> form;
  while (!rest.starts_with("--")) {
    const auto end = rest.find(boundary);
    if (end == std::string_view::npos || !rest.starts_with("\r\n")) return std::nullopt;
    auto part = read_part(rest.substr(2, end - 2));
    if (!part) return std::nullopt;
    form.push_back(std::move(*part));
    rest.remove_prefix(end + boundary.size());
  }
  return form;
}

const FormPart* find_part(const std::vector<FormPart>& form, std::string_view name) {
  const auto found = std::ranges::find(form, name, &FormPart::name);
  return found == form.end() ? nullptr : &*found;
}

}  // namespace networks::doubles
