// One field of a form that the page draws by itself: what connecting an account or adding a source
// needs.
#pragma once

#include "base/error.h"

#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace networks {

struct Setting {
  std::string key;
  std::string label;
  std::string help;
  enum class Type { text, secret, url, list } type = Type::text;  // list: one per line
  bool required = true;
  std::string fallback = {};
};

// Holds given settings against the form: unknown, missing and wrong fields are named; fallbacks are
// filled in. Values are strings, lists arrays of strings; urls must be http, https, ws or wss with
// a host.
base::Result<boost::json::object> check_settings(const std::vector<Setting>& form,
                                                 const boost::json::object& given);
boost::json::array to_json(const std::vector<Setting>& form);

}  // namespace networks
