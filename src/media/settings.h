// Where uploaded pictures are kept and how much of them.
#pragma once

#include "base/config.h"
#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>

namespace media {

// s3://bucket/prefix?endpoint=https://host&region=eu-west-1&path_style=true
struct S3Place {
  std::string bucket;
  std::string prefix;    // "" or ends with '/'
  std::string endpoint;  // "https://host[:port]"
  std::string region = "us-east-1";
  bool path_style = false;
};

struct Settings {
  std::string url;  // empty: DATA_DIR/media; file:///folder; s3://...
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  std::string converter;  // empty: socialtrend-convert beside the program
  std::int64_t workspace_bytes = 0;
  std::int64_t total_bytes = 0;
};

void declare(base::Config& config, Settings& into);
// What is wrong with the keys together; nothing when well.
std::optional<std::string> problem_of(const Settings& settings);

base::Result<S3Place> parse_s3_url(const std::string& url);

}  // namespace media
