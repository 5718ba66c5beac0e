#include "captions/settings.h"

#include "base/text.h"

namespace captions {

std::string Settings::endpoint() const {
  std::string_view base = base_url.empty() ? "https://api.openai.com/v1" : base::trim(base_url);
  while (base.ends_with('/')) base.remove_suffix(1);
  return std::string(base) + "/chat/completions";
}

void declare(base::Config& config, Settings& into) {
  using namespace std::chrono_literals;
  config.text("OPENAI_BASE_URL", into.base_url, "",
              "Base URL of an OpenAI-compatible API for captions, such as "
              "http://127.0.0.1:11434/v1; empty: OpenAI's when there is a key, else offline.");
  config.secret("OPENAI_API_KEY", into.api_key, "Key of that API; local servers need none.");
  config.text("OPENAI_MODEL", into.model, "gpt-4o-mini", "The model that writes captions.");
  config.duration("OPENAI_TIMEOUT", into.timeout, 30s, 1s, 50s,
                  "A caption that takes longer is composed offline.");
}

}  // namespace captions
