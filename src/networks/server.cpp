#include "networks/server.h"

#include "networks/address.h"
#include "networks/fields.h"

namespace networks {

Setting server_setting(std::string address) {
  return {.key = "server",
          .label = "Server",
          .help = "Leave it as it is, unless you rehearse on a server of your own.",
          .type = Setting::Type::url,
          .required = false,
          .fallback = std::move(address)};
}

base::Result<std::string> server_of(const boost::json::object& settings) {
  const auto address = parse_address(text_field(settings, "server"));
  if (!address || !address->scheme.starts_with("http") || address->path.contains('?')) {
    return base::invalid("server", "The server's address begins with https://.");
  }
  auto text = address->text();
  while (text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace networks
