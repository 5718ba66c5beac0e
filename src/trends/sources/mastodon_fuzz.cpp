// Statuses and trend lists of Mastodon: any JSON through every reader.
#include "base/json.h"
#include "trends/intake.h"
#include "trends/sources/mastodon_items.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto value = base::parse_json({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  const auto now = base::from_micros(1'795'435'200'000'000);
  trends::Batch batch;
  auto tally = trends::Tally::parse(*value);
  trends::read_status(*value, now, batch);
  if (value->is_array()) {
    trends::read_trending_statuses(*value, now, tally, batch);
    trends::read_trend_list(*value, trends::TrendList::tags, "m.example", now, tally, batch);
    trends::read_trend_list(*value, trends::TrendList::links, "m.example", now, tally, batch);
    trends::newest_id(*value);
  }
  trends::Tally::parse(tally.to_json());
  for (trends::Mention& mention : batch.mentions) {
    if (mention.at > now || !(mention.weight > 0)) std::abort();
    trends::make_fit(mention, now, false);
  }
  return 0;
}
