// Wikipedia: what people edit, by the recent changes of chosen languages. When something happens,
// many hands are at its article within minutes.
#include "base/json.h"
#include "base/text.h"
#include "trends/source.h"
#include "trends/sources/polite.h"
#include "trends/sources/wikipedia_items.h"

#include <charconv>
#include <map>

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr int pages_max = 4;
constexpr std::size_t languages_max = 20;

bool is_language(std::string_view text) {
  return text.size() >= 2 && text.size() <= 12 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

// The last change that was read, by language.
struct Position {
  std::map<std::string, std::int64_t> known;

  std::string to_text() const {
    json::object object;
    for (const auto& [language, id] : known) object[language] = id;
    return json::serialize(object);
  }

  static Position parse(std::string_view text) {
    Position position;
    const auto value = base::parse_json(text);
    if (!value || !value->is_object()) return position;
    for (const auto& [language, id] : value->get_object()) {
      const bool sound = is_language(language) && id.is_int64() && id.get_int64() > 0;
      if (sound && position.known.size() < languages_max) {
        position.known[std::string(language)] = id.get_int64();
      }
    }
    return position;
  }
};

std::string api_url(std::string pattern, const std::string& language) {
  if (const auto place = pattern.find("{language}"); place != std::string::npos) {
    pattern.replace(place, std::string_view("{language}").size(), language);
  }
  return pattern;
}

std::string question(const std::string& api, const std::string& from) {
  std::string url =
      api +
      "?action=query&list=recentchanges&rcnamespace=0&rctype=edit%7Cnew&rcshow=!bot"
      "&rcprop=ids%7Ctitle%7Ctimestamp%7Cuser&rclimit=100&format=json&formatversion=2";
  if (!from.empty()) url += "&rccontinue=" + base::url_encode(from);
  return url;
}

class Wikipedia final : public Source {
 public:
  const SourceAbout& about() const override {
    using Type = networks::Setting::Type;
    static const SourceAbout about{
        .id = "wikipedia",
        .label = "Wikipedia",
        .help = "Which articles people edit. Needs no account and no key.",
        .settings = {{.key = "languages",
                      .label = "Languages",
                      .help = "Such as en, de or ja, one per line.",
                      .type = Type::list,
                      .required = false,
                      .fallback = "en"},
                     {.key = "api",
                      .label = "Address of the API",
                      .help = "With {language} where the language stands.",
                      .required = false,
                      .fallback = "https://{language}.wikipedia.org/w/api.php"},
                     {.key = "every",
                      .label = "Read every",
                      .help = "At least 30s.",
                      .required = false,
                      .fallback = "60s"}},
        .polled = true};
    return about;
  }

  std::vector<base::FieldError> check(const json::object& settings) const override {
    std::vector<base::FieldError> errors;
    const auto languages = list_setting(settings, "languages");
    if (languages.empty() || languages.size() > languages_max) {
      errors.push_back({"languages", fmt::format("needs 1 to {} languages", languages_max)});
    } else if (!std::ranges::all_of(languages, is_language)) {
      errors.push_back({"languages", "each must be the code of a Wikipedia, such as en"});
    }
    const std::string api = api_url(text_setting(settings, "api"), "en");
    const bool web = api.starts_with("https://") || api.starts_with("http://");
    if (!web || host_of(api).empty()) {
      errors.push_back({"api", "must be an address that begins with https:// or http://"});
    }
    check_duration(settings, "every", errors);
    return errors;
  }

  io::Task<> read(SourceContext context, json::object settings, std::string cursor,
                  Sink& sink) const override {
    Position position = Position::parse(cursor);
    const std::string pattern = text_setting(settings, "api");
    const auto every = duration_setting(settings, "every", 60s, 30s, 24h);
    for (;;) {
      for (const std::string& language : list_setting(settings, "languages")) {
        Batch batch = co_await look(context, api_url(pattern, language), language, position);
        sink.connected();
        batch.cursor = position.to_text();
        co_await sink.take(std::move(batch));
      }
      co_await pause(context, with_jitter(every));
    }
  }

 private:
  // From the newest change back to the last one known, as far as is polite; at first one page.
  static io::Task<Batch> look(SourceContext context, std::string api, std::string language,
                              Position& position) {
    const std::int64_t known = position.known[language];
    Batch all;
    std::string from;
    std::int64_t newest = known;
    for (int turn = 0; turn < pages_max; ++turn) {
      const auto answer = co_await get_json(context, {.url = question(api, from)});
      auto page = read_recent_changes(answer, language, known, context.clock->now());
      newest = std::max(newest, page.newest);
      all.rejected += page.batch.rejected;
      std::ranges::move(page.batch.mentions, std::back_inserter(all.mentions));
      from = page.next;
      if (known == 0 || from.empty() || page.oldest <= known) break;
    }
    position.known[language] = newest;
    co_return all;
  }
};

}  // namespace

std::unique_ptr<Source> make_wikipedia() { return std::make_unique<Wikipedia>(); }

}  // namespace trends
