// Google Trends: what is searched for in chosen regions, by the feed of its page. The feed is
// public but promised nowhere: it may change.
#include "base/json.h"
#include "trends/source.h"
#include "trends/sources/google_trends_items.h"
#include "trends/sources/polite.h"

#include <algorithm>

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t regions_max = 20;

bool is_region(std::string_view text) {
  return text.size() >= 2 && text.size() <= 6 && std::ranges::all_of(text, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
         });
}

Tally tally_of(std::string_view cursor) {
  const auto value = base::parse_json(cursor);
  return value ? Tally::parse(*value) : Tally();
}

class GoogleTrends final : public Source {
 public:
  const SourceAbout& about() const override {
    using Type = networks::Setting::Type;
    static const SourceAbout about{
        .id = "google_trends",
        .label = "Google Trends",
        .help = "What people search for, by region. Needs no account and no key.",
        .settings = {{.key = "regions",
                      .label = "Regions",
                      .help = "Such as US, DE or GB, one per line.",
                      .type = Type::list,
                      .required = false,
                      .fallback = "US"},
                     {.key = "feed",
                      .label = "Address of the feed",
                      .type = Type::url,
                      .required = false,
                      .fallback = "https://trends.google.com/trending/rss"},
                     {.key = "every",
                      .label = "Read every",
                      .help = "At least 10m.",
                      .required = false,
                      .fallback = "15m"}},
        .polled = true};
    return about;
  }

  std::vector<base::FieldError> check(const json::object& settings) const override {
    std::vector<base::FieldError> errors;
    const auto regions = list_setting(settings, "regions");
    if (regions.empty() || regions.size() > regions_max) {
      errors.push_back({"regions", fmt::format("needs 1 to {} regions", regions_max)});
    } else if (!std::ranges::all_of(regions, is_region)) {
      errors.push_back({"regions", "each must be the code of a region, such as US"});
    }
    check_duration(settings, "every", errors);
    return errors;
  }

  io::Task<> read(SourceContext context, json::object settings, std::string cursor,
                  Sink& sink) const override {
    Tally tally = tally_of(cursor);
    const std::string feed = without_slash(text_setting(settings, "feed"));
    const auto every = duration_setting(settings, "every", 15min, 10min, 24h);
    for (;;) {
      for (const std::string& region : list_setting(settings, "regions")) {
        const auto answer = co_await get(
            context, {.url = fmt::format("{}?geo={}", feed, region), .body_max = 1024 * 1024});
        Batch batch = read_google_trends(answer.body, region, context.clock->now(), tally);
        batch.cursor = json::serialize(tally.to_json());
        sink.connected();
        co_await sink.take(std::move(batch));
      }
      co_await pause(context, with_jitter(every));
    }
  }
};

}  // namespace

std::unique_ptr<Source> make_google_trends() { return std::make_unique<GoogleTrends>(); }

}  // namespace trends
