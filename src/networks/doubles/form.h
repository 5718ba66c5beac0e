// Reading multipart/form-data (RFC 7578) as a strict server does.
#pragma once

#include "http/message.h"
#include "networks/multipart.h"

#include <optional>
#include <string_view>
#include <vector>

namespace networks::doubles {

// Nothing when the body is no form, or not a well-formed one.
std::optional<std::vector<FormPart>> parse_form(const http::Request& request);

// Null when there is no such part.
const FormPart* find_part(const std::vector<FormPart>& form, std::string_view name);

}  // namespace networks::doubles
