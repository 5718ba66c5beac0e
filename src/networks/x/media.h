// Pictures on X: initialize, append in parts, finalize, describe; and waiting for what X works on.
#pragma once

#include "networks/steps.h"
#include "networks/x/api.h"

#include <string>
#include <variant>
#include <vector>

namespace networks::x {

using MediaIds = std::vector<std::string>;

// Goes on where `steps` have stopped; nothing can have been published.
io::Task<std::variant<MediaIds, Prepared>> upload_all(Api api, std::vector<Image> images,
                                                      Steps* steps);

}  // namespace networks::x
