// GDELT: headlines of news sites all over the world, by its DOC API.
#include "base/text.h"
#include "trends/source.h"
#include "trends/sources/gdelt_items.h"
#include "trends/sources/polite.h"

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t query_max = 250;

class Gdelt final : public Source {
 public:
  const SourceAbout& about() const override {
    static const SourceAbout about{
        .id = "gdelt",
        .label = "GDELT",
        .help = "Headlines of news sites all over the world. Needs no account and no key.",
        .settings = {{.key = "query",
                      .label = "What to look for",
                      .help = "In GDELT's own words, such as sourcelang:english or \"climate\".",
                      .required = false,
                      .fallback = "sourcelang:english"},
                     {.key = "api",
                      .label = "Address of the API",
                      .type = networks::Setting::Type::url,
                      .required = false,
                      .fallback = "https://api.gdeltproject.org/api/v2/doc/doc"},
                     {.key = "every",
                      .label = "Read every",
                      .help = "At least 5m: GDELT itself is renewed every 15 minutes.",
                      .required = false,
                      .fallback = "15m"}},
        .polled = true};
    return about;
  }

  std::vector<base::FieldError> check(const json::object& settings) const override {
    std::vector<base::FieldError> errors;
    const std::string query = text_setting(settings, "query");
    if (query.size() < 3 || query.size() > query_max) {
      errors.push_back({"query", fmt::format("needs 3 to {} bytes", query_max)});
    }
    check_duration(settings, "every", errors);
    return errors;
  }

  io::Task<> read(SourceContext context, json::object settings, std::string,
                  Sink& sink) const override {
    const auto every = duration_setting(settings, "every", 15min, 5min, 24h);
    // A little more than a turn, so that nothing falls between two; repeated ids are dropped.
    const auto back = std::chrono::ceil<std::chrono::minutes>(every * 2);
    const std::string url = fmt::format(
        "{}?query={}&mode=artlist&format=json&maxrecords=250&sort=datedesc&timespan={}min",
        without_slash(text_setting(settings, "api")),
        base::url_encode(text_setting(settings, "query")),
        std::max<std::int64_t>(15, back.count()));
    for (;;) {
      const auto answer = co_await get_json(context, {.url = url});
      Batch batch = read_articles(answer, context.clock->now());
      sink.connected();
      co_await sink.take(std::move(batch));
      co_await pause(context, with_jitter(every));
    }
  }
};

}  // namespace

std::unique_ptr<Source> make_gdelt() { return std::make_unique<Gdelt>(); }

}  // namespace trends
