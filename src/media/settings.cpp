#include "media/settings.h"

#include "base/text.h"
#include "http/message.h"
#include "http/url.h"

#include <algorithm>

#include <fmt/format.h>

namespace media {

namespace {

constexpr std::int64_t gibibyte = std::int64_t{1} << 30;

bool is_bucket(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return name.size() >= 3 && name.size() <= 63 && std::ranges::all_of(name, allowed);
}

bool is_plain(std::string_view text, std::string_view also) {
  return std::ranges::all_of(text, [also](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           also.find(c) != std::string_view::npos;
  });
}

base::Result<void> read_option(S3Place& place, std::string_view name, std::string_view value) {
  if (name == "endpoint") {
    const auto url = http::parse_url(value);
    if (!url || (url->scheme != "http" && url->scheme != "https")) {
      return base::invalid("endpoint", "is not an http or https URL");
    }
    const bool v6 = url->host.contains(':');
    place.endpoint = fmt::format("{}://{}{}{}:{}", url->scheme, v6 ? "[" : "", url->host,
                                 v6 ? "]" : "", url->port);
  } else if (name == "region" && !value.empty() && is_plain(value, "-_")) {
    place.region = value;
  } else if (name == "path_style" && (value == "true" || value == "false")) {
    place.path_style = value == "true";
  } else {
    return base::invalid(std::string(name),
                         "is not an option, or not so; there are endpoint, region and path_style");
  }
  return {};
}

}  // namespace

base::Result<S3Place> parse_s3_url(const std::string& url) {
  constexpr std::string_view scheme = "s3://";
  if (!url.starts_with(scheme)) return base::invalid("url", "does not begin with s3://");
  const std::string_view rest = std::string_view(url).substr(scheme.size());
  const std::size_t query = std::min(rest.find('?'), rest.size());
  const std::string_view path = rest.substr(0, query);
  const std::size_t slash = std::min(path.find('/'), path.size());
  S3Place place{.bucket = std::string(path.substr(0, slash)), .prefix = {}, .endpoint = {}};
  if (!is_bucket(place.bucket)) return base::invalid("bucket", "is not the name of a bucket");
  for (const std::string_view step : base::split(path.substr(slash), '/')) {
    if (step.empty()) continue;
    if (!is_plain(step, "-_.") || step.starts_with('.')) {
      return base::invalid("prefix", "has something else than letters, digits, '-', '_' and '.'");
    }
    place.prefix += std::string(step) + "/";
  }
  if (query < rest.size()) {
    for (const auto& [name, value] : http::Query::parse(rest.substr(query + 1)).pairs) {
      if (auto ok = read_option(place, name, value); !ok) return std::unexpected(ok.error());
    }
  }
  if (place.endpoint.empty()) {
    place.endpoint = fmt::format("https://s3.{}.amazonaws.com", place.region);
  }
  return place;
}

void declare(base::Config& config, Settings& into) {
  config.text("MEDIA_URL", into.url, "",
              "Where uploaded pictures are kept: file:///folder, or s3://bucket/prefix with the "
              "options endpoint, region and path_style. Default: DATA_DIR/media.");
  config.secret("MEDIA_S3_ACCESS_KEY_ID", into.access_key_id, "Access key of that S3 store.");
  config.secret("MEDIA_S3_SECRET_ACCESS_KEY", into.secret_access_key, "Its secret.");
  config.secret("MEDIA_S3_SESSION_TOKEN", into.session_token,
                "Token that belongs to temporary keys; usually none.");
  config.text("MEDIA_CONVERTER", into.converter, "",
              "Program that makes pictures fit networks. Default: socialtrend-convert beside this "
              "program.");
  config.integer("MEDIA_WORKSPACE_BYTES", into.workspace_bytes, 10 * gibibyte, 1,
                 std::int64_t{1} << 50, "What the pictures of one workspace may take together.");
  config.integer("MEDIA_TOTAL_BYTES", into.total_bytes, 100 * gibibyte, 1, std::int64_t{1} << 50,
                 "What the pictures of all workspaces may take together.");
}

std::optional<std::string> problem_of(const Settings& settings) {
  if (settings.url.empty()) return std::nullopt;
  if (settings.url.starts_with("file:///")) return std::nullopt;
  if (auto place = parse_s3_url(settings.url); !place) {
    return "MEDIA_URL: " + place.error().message;
  }
  if (settings.access_key_id.empty() || settings.secret_access_key.empty()) {
    return "MEDIA_URL: an S3 store needs MEDIA_S3_ACCESS_KEY_ID and MEDIA_S3_SECRET_ACCESS_KEY";
  }
  return std::nullopt;
}

}  // namespace media
