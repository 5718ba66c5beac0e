// Items of Hacker News: any JSON.
#include "base/json.h"
#include "trends/intake.h"
#include "trends/sources/hacker_news_items.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto value = base::parse_json({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  const auto now = base::from_micros(1'795'435'200'000'000);
  auto item = trends::read_hacker_news_item(*value, now);
  if (item.verdict != trends::ItemVerdict::mention) return 0;
  if (item.mention.at > now || item.mention.id.empty()) std::abort();
  trends::make_fit(item.mention, now, false);
  return 0;
}
