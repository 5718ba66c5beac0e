#include "base/check.h"
#include "trends/detector.h"
#include "trends/tokenizer.h"

#include <array>

// Any bytes as text, tag and link: stays in bounds, and names of keys are never empty.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static trends::Tokenizer tokenizer(trends::all_kinds);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::array<std::string_view, 1> tags = {text.substr(0, size / 2)};
  const std::array<std::string_view, 1> links = {text.substr(size / 2)};
  const bool lists = size % 2 == 1;
  trends::MentionView mention{.text = text, .language = size % 3 == 0 ? "en" : ""};
  if (lists) mention.tags = tags;
  if (lists) mention.links = links;
  static trends::PostKeys keys;
  tokenizer.run(mention, keys);
  CHECK(keys.count <= trends::Tokenizer::tokens_max);
  for (const trends::Token& token : keys.list()) {
    CHECK(!keys.topic(token).empty());
    CHECK(keys.spelling(token).size() <= text.size() + 1 || token.spelling_in_names);
  }
  return 0;
}
