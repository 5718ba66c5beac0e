// Feeds of any format: the first byte chooses a content type, the rest is the body.
#include "base/text.h"
#include "trends/intake.h"
#include "trends/sources/feed_items.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  static constexpr std::array<std::string_view, 4> types{"", "text/xml; charset=windows-1251",
                                                         "application/rss+xml; charset=utf-16",
                                                         "application/feed+json"};
  const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto now = base::from_micros(1'795'435'200'000'000);
  auto feed =
      trends::parse_feed(body, types.at(data[0] % types.size()), "https://example.org/feed", now);
  if (!feed) return 0;
  for (trends::Mention& mention : feed->mentions) {
    if (mention.at > now || mention.id.empty()) std::abort();
    if (trends::make_fit(mention, now, false) && !base::is_utf8(mention.text)) std::abort();
  }
  return 0;
}
