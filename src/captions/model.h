// The client of an OpenAI-compatible chat completions API.
//
// One attempt, bounded in time and size; at most a few at once. Errors say what a person can mend
// and never repeat what the server said: it may echo the key.
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "captions/settings.h"
#include "http/client.h"

#include <string>

namespace captions {

class Model {
 public:
  // `client` must be allowed to reach the operator's own addresses when OPENAI_BASE_URL is one.
  Model(http::Client& client, Settings settings);

  bool configured() const { return settings_.configured(); }
  const std::string& name() const { return settings_.model; }
  // The text of the first choice. The error's message is one sentence for the person who asked.
  io::Task<base::Result<std::string>> complete(json::array messages);

 private:
  http::Client& client_;
  Settings settings_;
  int running_ = 0;
};

}  // namespace captions
