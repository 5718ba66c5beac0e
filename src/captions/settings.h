// Settings of the language model that writes captions; without them captions are composed offline.
#pragma once

#include "base/config.h"

#include <chrono>
#include <string>

namespace captions {

struct Settings {
  std::string base_url;  // without a trailing '/'; may be on this machine (Ollama, llama.cpp)
  std::string api_key;
  std::string model = "gpt-4o-mini";
  std::chrono::milliseconds timeout{30'000};

  bool configured() const { return !base_url.empty() || !api_key.empty(); }
  std::string endpoint() const;
};

void declare(base::Config& config, Settings& into);

}  // namespace captions
