// Where a hosted network's API is. In earnest it is always the same address; a rehearsal, a test
// or a proxy has another, so it is the last field of the form, filled in already. The answer is
// kept with the credentials: a token never goes to another server than the one it was given for.
// What may be connected to is http/address_policy.h's to say (docs/adr/0005).
#pragma once

#include "base/error.h"
#include "networks/setting.h"

#include <string>

#include <boost/json/object.hpp>

namespace networks {

// The field "server", with `address` ("https://api.x.com") as it is in earnest.
Setting server_setting(std::string address);

// Of settings that check_settings() accepted, or of credentials: the address without a slash at its
// end, so that paths can be put behind it. An error names the field.
base::Result<std::string> server_of(const boost::json::object& settings);

}  // namespace networks
