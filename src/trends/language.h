// Language: which one a text is in, where its source does not say.
//
// By CLD2 (n-grams of some 80 languages), whose tables are read-only: any thread. Where it is not
// sure, as of a few words or a list of names, the language stays unknown.
#pragma once

#include "base/time.h"

#include <string>
#include <string_view>

namespace trends {

// A primary subtag of BCP 47 ("en"), or empty. At most the first two thousand bytes are looked at.
std::string detect_language(std::string_view text);

// For a stream: so many detections a second and no more, the rest stays unknown.
class LanguageDetector {
 public:
  explicit LanguageDetector(double per_second) : per_second_(per_second), left_(per_second) {}
  std::string detect(std::string_view text, base::Instant now);

 private:
  double per_second_;
  double left_;
  base::Instant filled_at_{};
};

}  // namespace trends
