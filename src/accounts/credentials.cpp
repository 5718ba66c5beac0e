#include "accounts/credentials.h"

#include "base/text.h"

namespace accounts {
namespace {

constexpr std::size_t text_max = 300;  // graphemes of a name
constexpr std::size_t remote_id_max = 1000;
constexpr std::size_t url_max = 2000;
constexpr std::size_t object_max = 64UL * 1024;

bool is_nothing(const json::value& value) {
  return value.is_null() || (value.is_string() && value.get_string().empty());
}

std::string tidy_text(std::string_view text) {
  return base::truncate_graphemes(base::trim(base::clean_utf8(text.substr(0, 4 * text_max))),
                                  text_max);
}

std::string tidy_url(std::string_view url) {
  const bool web = url.starts_with("https://") || url.starts_with("http://");
  return web && url.size() <= url_max ? base::clean_utf8(url) : "";
}

}  // namespace

json::object merge_credentials(json::object known, const json::object& fresh) {
  for (const auto& [key, value] : fresh) {
    if (!is_nothing(value)) known[key] = value;
  }
  return known;
}

base::Result<networks::Identity> tidy_identity(networks::Identity identity) {
  if (identity.remote_id.empty() || identity.remote_id.size() > remote_id_max ||
      json::serialize(identity.details).size() > object_max ||
      json::serialize(identity.credentials).size() > object_max) {
    return base::fail(
        {.status = 502,
         .code = "bad_identity",
         .message = "The network described the account in a way that cannot be kept."});
  }
  identity.handle = tidy_text(identity.handle);
  identity.display_name = tidy_text(identity.display_name);
  identity.url = tidy_url(identity.url);
  identity.avatar_url = tidy_url(identity.avatar_url);
  return identity;
}

}  // namespace accounts
