// The store that the settings name.
#pragma once

#include "http/client.h"
#include "media/settings.h"
#include "media/store.h"

#include <memory>
#include <string>

namespace media {

// `folder` is where pictures lie when the settings say nothing. `client` must outlive the store.
// Throws base::Unavailable when the folder cannot be made or the settings are wrong.
std::unique_ptr<Store> open_store(const Settings& settings, http::Client& client,
                                  const std::string& folder);

}  // namespace media
