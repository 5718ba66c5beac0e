// The demonstration: an invented stream in accelerated time, for a page without Internet access.
// Everything of it is labelled as generated (SourceAbout::generated).
//
// Three days of history pass at once, up to the middle of a planted event, so that the first look
// already shows one; from there time runs at the chosen speed.
#include "trends/generator.h"
#include "trends/source.h"

#include <charconv>

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr auto history = std::chrono::days{3};
constexpr auto history_step = 1h;
constexpr auto step = 500ms;
constexpr auto into_event = 40min;

std::optional<double> number(std::string_view text, double min, double max) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || !(value >= min) || !(value <= max)) return {};
  return value;
}

struct Wanted {
  const char* key;
  double min;
  double max;
};

constexpr Wanted wanted[] = {{"seed", 0, 4e9}, {"speed", 1, 3600}, {"posts_per_hour", 10, 20'000}};

double wanted_number(const json::object& settings, const Wanted& about) {
  return number(text_setting(settings, about.key), about.min, about.max).value_or(about.min);
}

// Where the page comes in: some time into the first event after the history, or right after it when
// there is none soon.
base::Instant entry_point(const Generator& generator, base::Instant history_end) {
  for (const PlantedEvent& event : generator.planted(history_end + std::chrono::days{1})) {
    if (event.flood || event.begin < history_end - 1h) continue;
    return std::min<base::Instant>(event.begin + into_event, event.end);
  }
  return history_end;
}

class Demonstration final : public Source {
 public:
  const SourceAbout& about() const override {
    static const SourceAbout about{
        .id = "demonstration",
        .label = "Demonstration",
        .help =
            "Invented posts in accelerated time, to see what this page does without any "
            "connection.",
        .settings = {{.key = "speed",
                      .label = "Speed",
                      .help = "60 = an hour a minute.",
                      .required = false,
                      .fallback = "60"},
                     {.key = "seed",
                      .label = "Seed",
                      .help = "Another number invents another world.",
                      .required = false,
                      .fallback = "7"},
                     {.key = "posts_per_hour",
                      .label = "Posts per hour",
                      .help = "Of invented time, in the mean over a day.",
                      .required = false,
                      .fallback = "600"}},
        .separate = true,
        .generated = true};
    return about;
  }

  std::vector<base::FieldError> check(const json::object& settings) const override {
    std::vector<base::FieldError> errors;
    for (const Wanted& field : wanted) {
      if (number(text_setting(settings, field.key), field.min, field.max)) continue;
      errors.push_back(
          {field.key, fmt::format("must be a number from {:g} to {:g}", field.min, field.max)});
    }
    return errors;
  }

  io::Task<> read(SourceContext context, json::object settings, std::string,
                  Sink& sink) const override {
    const auto start = std::chrono::floor<std::chrono::hours>(context.clock->now() - history);
    Generator generator({.seed = static_cast<std::uint64_t>(wanted_number(settings, wanted[0])),
                         .start = start,
                         .posts_per_hour = wanted_number(settings, wanted[2])});
    sink.connected();
    const base::Instant entry = entry_point(generator, start + history);
    base::Instant at = start;
    while (at < entry) {
      at = std::min<base::Instant>(at + history_step, entry);
      co_await sink.take({.mentions = generator.until(at)});
      co_await io::yield();
    }
    const double speed = wanted_number(settings, wanted[1]);
    auto last = std::chrono::steady_clock::now();
    for (;;) {
      co_await io::sleep_for(step);
      const auto now = std::chrono::steady_clock::now();
      const std::chrono::duration<double> passed = now - std::exchange(last, now);
      at += std::chrono::duration_cast<base::Duration>(
          std::min<std::chrono::duration<double>>(passed, 5s) * speed);
      co_await sink.take({.mentions = generator.until(at)});
    }
  }
};

}  // namespace

std::unique_ptr<Source> make_demonstration() { return std::make_unique<Demonstration>(); }

}  // namespace trends
