#include "trends/generator.h"

#include "trends/hashing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace trends {

namespace {

using base::Duration;
using base::Instant;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// A small deterministic generator (SplitMix64): the standard distributions differ between
// libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += hash_seed;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  std::size_t below(std::size_t end) {
    return static_cast<std::size_t>(unit() * static_cast<double>(end));
  }
  // Few are very active, most hardly: rank r with a weight of about 1/r.
  std::size_t skewed_below(std::size_t end) {
    return static_cast<std::size_t>(std::pow(static_cast<double>(end), unit())) - 1;
  }
  Duration gap(double per_second) {
    return Duration{static_cast<std::int64_t>(-std::log(1 - unit()) / per_second * 1e6) + 1};
  }

 private:
  std::uint64_t state_;
};

struct Language {
  std::string_view code;
  double share;
  std::vector<std::string_view> steady;   // hashtags that are always there
  std::vector<std::string_view> phrases;  // of everyday posts
  std::vector<std::string_view> moods;    // how they begin
  std::vector<std::string_view> news;     // sentences about an event; {} is its name
};

const std::array<Language, 3>& languages() {
  static const std::array<Language, 3> all = {
      Language{
          .code = "en",
          .share = 0.6,
          .steady = {"coffee", "cats", "running", "books", "music"},
          .phrases = {"rain again on the way home", "finished another chapter before lunch",
                      "my bread finally rose", "slow train this morning", "the garden needs water",
                      "learning to play the piano", "leftover soup tastes better",
                      "new shoes, sore feet", "watching clouds from the office window",
                      "the neighbours' dog barks at snow", "trying a recipe with lentils",
                      "long walk along the river", "cleaning the old bicycle",
                      "sunset looked painted", "forgot my umbrella"},
          .moods = {"", "honestly,", "well,", "small joys:", "note to self:", "mood:", "so,",
                    "again:", "this week:", "at last:", "curious:", "between meetings:",
                    "on the balcony:", "for the record,", "oh,"},
          .news = {"{} is happening right now", "everybody here talks about {}",
                   "first pictures of {} arrived", "cannot believe what we saw at {}",
                   "live from {}", "what a surprise, {}", "reports about {} keep coming in"}},
      Language{
          .code = "de",
          .share = 0.25,
          .steady = {"kaffee", "katzen", "lesen"},
          .phrases = {"Regen auf dem Heimweg", "endlich Feierabend", "das Brot ist aufgegangen",
                      "der Zug kommt später", "Spaziergang am Fluss", "neue Schuhe drücken",
                      "Suppe schmeckt aufgewärmt besser", "Fahrrad geputzt", "Schirm vergessen",
                      "Klavier üben vor dem Frühstück"},
          .moods = {"", "ehrlich,", "naja,", "kleine Freude:", "Stimmung:", "also,", "wieder:",
                    "diese Woche:", "endlich:", "zwischendurch:", "auf dem Balkon:", "übrigens,"},
          .news = {"{} läuft gerade", "alle reden über {}", "erste Bilder von {}",
                   "unglaublich, was bei {} passiert", "live von {}", "{} überrascht die Stadt"}},
      Language{
          .code = "es",
          .share = 0.15,
          .steady = {"café", "gatos", "lectura"},
          .phrases = {"lluvia camino de casa", "por fin fin de semana", "el pan subió bien",
                      "el tren llega tarde", "paseo junto al río", "zapatos nuevos", "sopa de ayer",
                      "limpiando la bicicleta", "olvidé el paraguas",
                      "practicando piano antes del desayuno"},
          .moods = {"", "sinceramente,", "bueno,", "pequeñas alegrías:", "otra vez:",
                    "esta semana:", "por fin:", "entre reuniones:", "en el balcón:", "por cierto,"},
          .news = {"{} está pasando ahora", "mucha gente habla de {}", "primeras fotos de {}",
                   "increíble lo de {}", "en directo desde {}"}},
  };
  return all;
}

constexpr std::array<std::string_view, 12> syllables = {"zan", "qor", "vel", "mip", "tru", "bax",
                                                        "oli", "fen", "gru", "yex", "pol", "wud"};
constexpr std::array<std::string_view, 6> occasions = {"festival", "launch",  "match",
                                                       "storm",    "reunion", "parade"};

// A name that nobody and nothing has: three made-up syllables and an occasion.
std::string invented_name(Random& random) {
  std::string name;
  for (int i = 0; i < 3; ++i) name += syllables[random.below(syllables.size())];
  return name;
}

struct Plan {
  PlantedEvent event;
  std::string tag;   // as written: "#ZanqorvelFestival"
  std::string name;  // in sentences: "Zanqorvel"
  std::size_t language = 0;
  double posts_per_hour = 0;
  std::string author;  // of a flood
};

// Independent of how far the stream has been read: a day's plan depends on the seed and the day
// alone.
std::vector<Plan> plans_of_day(const GeneratorOptions& options, std::int64_t day) {
  Random random(mix(options.seed + 1, hash_step + static_cast<std::uint64_t>(day)));
  const Instant midnight = options.start + days{day};
  std::vector<Plan> plans;
  const std::size_t count = 2 + random.below(2);
  for (std::size_t i = 0; i <= count; ++i) {
    const bool flood = i == count;
    std::string name = invented_name(random);
    const std::string_view occasion = occasions[random.below(occasions.size())];
    Plan plan;
    plan.language = flood ? 0 : random.below(languages().size());
    plan.event.flood = flood;
    plan.event.language = languages()[plan.language].code;
    plan.event.topic = "#" + name + std::string(occasion);
    plan.event.terms = {name};
    plan.event.begin =
        midnight + seconds{3600 + static_cast<std::int64_t>(random.below(20 * 3600))};
    plan.event.end =
        plan.event.begin + minutes{flood ? 180 : 120 + static_cast<int>(random.below(120))};
    plan.posts_per_hour = options.posts_per_hour * (flood ? 0.5 : 0.08 + 0.08 * random.unit());
    plan.name = name;
    plan.name[0] = static_cast<char>(plan.name[0] - 32);
    plan.tag = "#" + plan.name + std::string(occasion);
    plan.tag[1 + plan.name.size()] = static_cast<char>(plan.tag[1 + plan.name.size()] - 32);
    if (flood) plan.author = fmt::format("loud-{}", name);
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace

class Generator::Impl {
 public:
  explicit Impl(GeneratorOptions options)
      : options_(options), random_(options.seed), next_everyday_(options.start) {
    options_.authors = std::max<std::size_t>(options_.authors, 50);
    options_.posts_per_hour = std::clamp(options_.posts_per_hour, 1.0, 1e6);
  }

  std::vector<Mention> until(Instant end);
  std::vector<PlantedEvent> planted(Instant end) const;

 private:
  struct Running {
    Plan plan;
    Instant next{};
  };

  void plan_until(Instant end);
  Mention everyday();
  Mention about(const Plan& plan);
  Mention start_mention(std::size_t language);
  double rhythm(Instant at) const;

  GeneratorOptions options_;
  Random random_;
  Instant next_everyday_;
  std::int64_t planned_days_ = 0;
  std::vector<Running> running_;
  std::uint64_t number_ = 0;
  Instant now_{};
};

// Quiet at four in the morning, busy at four in the afternoon (UTC); one on average.
double Generator::Impl::rhythm(Instant at) const {
  const auto of_day =
      std::chrono::duration<double>(at - std::chrono::floor<days>(at)).count() / 86'400;
  return 1 - 0.6 * std::cos(2 * 3.14159265358979 * (of_day - 4.0 / 24));
}

void Generator::Impl::plan_until(Instant end) {
  for (; options_.start + days{planned_days_} <= end; ++planned_days_) {
    for (Plan& plan : plans_of_day(options_, planned_days_)) {
      const Instant begin = plan.event.begin;
      running_.push_back({.plan = std::move(plan), .next = begin});
    }
  }
}

std::vector<Mention> Generator::Impl::until(Instant end) {
  plan_until(end);
  std::vector<Mention> mentions;
  for (;;) {
    auto next = std::ranges::min_element(running_, {}, &Running::next);
    const bool event_first = next != running_.end() && next->next < next_everyday_;
    now_ = event_first ? next->next : next_everyday_;
    if (now_ >= end) return mentions;
    if (!event_first) {
      mentions.push_back(everyday());
      next_everyday_ += random_.gap(options_.posts_per_hour * rhythm(now_) / 3600);
      continue;
    }
    mentions.push_back(about(next->plan));
    next->next += random_.gap(next->plan.posts_per_hour / 3600);
    if (next->next >= next->plan.event.end) running_.erase(next);
  }
}

Mention Generator::Impl::start_mention(std::size_t language) {
  const auto& spoken = languages()[language];
  Mention mention;
  mention.id = fmt::format("generated-{}-{}", options_.seed, ++number_);
  mention.at = now_;
  mention.language = spoken.code;
  // Everybody writes one language.
  mention.author = fmt::format("{}-{}", spoken.code, random_.skewed_below(options_.authors));
  return mention;
}

Mention Generator::Impl::everyday() {
  const double pick = random_.unit();
  std::size_t language = 0;
  for (double sum = languages()[0].share; pick > sum && language + 1 < languages().size();) {
    sum += languages()[++language].share;
  }
  const auto& spoken = languages()[language];
  Mention mention = start_mention(language);
  // A mood and two phrases: enough combinations that everyday talk does not look copied.
  mention.text = fmt::format("{} {}", spoken.moods[random_.below(spoken.moods.size())],
                             spoken.phrases[random_.below(spoken.phrases.size())]);
  if (random_.unit() < 0.6) {
    mention.text += fmt::format(", {}", spoken.phrases[random_.below(spoken.phrases.size())]);
  }
  if (random_.unit() < 0.4) {
    const std::string_view tag = spoken.steady[random_.skewed_below(spoken.steady.size())];
    mention.text += fmt::format(" #{}", tag);
    mention.tags.emplace_back(tag);
  }
  return mention;
}

Mention Generator::Impl::about(const Plan& plan) {
  const auto& spoken = languages()[plan.language];
  Mention mention = start_mention(plan.language);
  if (plan.event.flood) mention.author = plan.author;
  std::string sentence(spoken.news[random_.below(spoken.news.size())]);
  if (plan.event.flood) sentence = "buy {} today, limited offer";
  sentence.replace(sentence.find("{}"), 2, plan.name);
  const std::string_view mood =
      plan.event.flood ? "" : spoken.moods[random_.below(spoken.moods.size())];
  mention.text = fmt::format("{} {} {}", mood, sentence, plan.tag);
  mention.tags.push_back(plan.tag.substr(1));
  mention.repost = !plan.event.flood && random_.unit() < 0.2;
  return mention;
}

std::vector<PlantedEvent> Generator::Impl::planted(Instant end) const {
  std::vector<PlantedEvent> events;
  for (std::int64_t day = 0; options_.start + days{day} < end; ++day) {
    for (Plan& plan : plans_of_day(options_, day)) {
      if (plan.event.begin < end) events.push_back(std::move(plan.event));
    }
  }
  std::ranges::sort(events, {}, &PlantedEvent::begin);
  return events;
}

Generator::Generator(GeneratorOptions options) : impl_(std::make_unique<Impl>(options)) {}
Generator::~Generator() = default;
Generator::Generator(Generator&&) noexcept = default;
Generator& Generator::operator=(Generator&&) noexcept = default;

std::vector<Mention> Generator::until(base::Instant end) { return impl_->until(end); }

std::vector<PlantedEvent> Generator::planted(base::Instant end) const {
  return impl_->planted(end);
}

}  // namespace trends
