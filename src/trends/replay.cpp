#include "trends/replay.h"

#include "base/error.h"
#include "trends/jsonl.h"
#include "trends/line_input.h"

#include <charconv>
#include <fstream>
#include <iostream>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace trends {

namespace {

namespace json = boost::json;

constexpr std::size_t bad_lines_shown = 20;
constexpr std::size_t batch_max = 16;  // posts; more at once would leave the cache
constexpr base::Duration evaluation_step = std::chrono::minutes{5};
// A single post far ahead of the others would otherwise make the clock run through years of empty
// ticks.
constexpr base::Duration jump_max = std::chrono::days{31};

json::object to_json(const Trend& trend) {
  json::array aliases(trend.aliases.begin(), trend.aliases.end());
  json::array samples;
  for (const Sample& sample : trend.samples) samples.emplace_back(sample.id);
  json::array co_terms;
  for (const CoTerm& term : trend.co_terms) co_terms.emplace_back(term.text);
  const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
  return {{"topic", trend.topic},
          {"label", trend.label},
          {"kind", kind_name(trend.kind)},
          {"score", rounded(trend.score)},
          {"posts", rounded(trend.posts)},
          {"authors", rounded(trend.authors)},
          {"expected", rounded(trend.expected)},
          {"since", base::format_rfc3339(trend.since)},
          {"coordinated", trend.coordinated},
          {"aliases", std::move(aliases)},
          {"co_terms", std::move(co_terms)},
          {"samples", std::move(samples)},
          {"explanation", trend.explanation}};
}

class Replay {
 public:
  Replay(const ReplayOptions& options, std::ostream& out, std::ostream& err)
      : options_(options), out_(out), err_(err), detector_(with_kinds(options)) {}

  void run();
  void report(double seconds);

 private:
  static DetectorOptions with_kinds(const ReplayOptions& options) {
    DetectorOptions detector = options.detector;
    detector.kinds = options.kinds;
    return detector;
  }

  bool take(const MentionView& mention, std::uint64_t line);
  void bad(std::uint64_t line, std::string_view reason);
  void flush();
  void advance(base::Instant to);
  void write(base::Instant at);
  bool jumps(base::Instant at, std::uint64_t line);

  const ReplayOptions& options_;
  std::ostream& out_;
  std::ostream& err_;
  Detector detector_;
  std::vector<MentionView> batch_;  // of the chunk that is read
  base::Instant now_{};
  base::Instant next_output_{};
  base::Instant next_evaluation_{};
  std::optional<base::Instant> suspect_;
  std::uint64_t posts_ = 0;
  std::uint64_t ticks_ = 0;
  std::uint64_t bad_ = 0;
};

void Replay::run() {
  LineInput input(options_.input);
  JsonlReader reader;
  LineInput::Chunk chunk;
  std::uint64_t line = 1;
  const auto on_post = [this](const MentionView& mention, std::uint64_t at) {
    return take(mention, at);
  };
  const auto on_bad = [this](std::uint64_t at, std::string_view reason) { bad(at, reason); };
  while (input.next(chunk)) {
    if (chunk.too_long) {
      bad(line++, "longer than 4 MiB");
      continue;
    }
    const bool go_on = reader.read(chunk.lines, line, on_post, on_bad);
    flush();
    if (!go_on) break;
  }
  if (posts_ > 0) advance(options_.to.value_or(next_output_));
}

// False at --to.
bool Replay::take(const MentionView& mention, std::uint64_t line) {
  if (options_.to && mention.at >= *options_.to) return false;
  if (posts_ == 0) {
    now_ = mention.at;
    next_evaluation_ = now_ - now_.time_since_epoch() % evaluation_step + evaluation_step;
    next_output_ = now_ - now_.time_since_epoch() % options_.every + options_.every;
  } else if (mention.at > now_) {
    if (jumps(mention.at, line)) return true;
    if (mention.at >= next_evaluation_ || mention.at >= next_output_) advance(mention.at);
    now_ = mention.at;
  }
  ++posts_;
  batch_.push_back(mention);
  if (batch_.size() == batch_max) flush();
  return true;
}

void Replay::flush() {
  detector_.feed("replay", batch_, now_);
  batch_.clear();
}

// Two posts in a row must agree that the time jumped so far; until then the first one is a bad
// line.
bool Replay::jumps(base::Instant at, std::uint64_t line) {
  if (at - now_ <= jump_max) {
    suspect_.reset();
    return false;
  }
  if (suspect_ && at >= *suspect_ && at - *suspect_ <= jump_max) {
    suspect_.reset();
    return false;
  }
  suspect_ = at;
  bad(line, "its time is more than 31 days after the line before");
  return true;
}

void Replay::bad(std::uint64_t line, std::string_view reason) {
  if (++bad_ <= bad_lines_shown) err_ << fmt::format("line {}: {}\n", line, reason);
}

void Replay::advance(base::Instant to) {
  flush();
  while (next_output_ <= to || next_evaluation_ <= to) {
    const base::Instant at = std::min(next_output_, next_evaluation_);
    detector_.tick(at);
    if (at == next_output_) {
      write(at);
      next_output_ += options_.every;
    }
    // Nothing changes in a silent stream but the fading, so a gap needs no evaluations of its own.
    if (at == next_evaluation_) {
      const base::Duration left = to - at;
      next_evaluation_ += left > evaluation_step ? left - left % evaluation_step : evaluation_step;
    }
  }
}

void Replay::write(base::Instant at) {
  if (options_.from && at < *options_.from) return;
  ++ticks_;
  json::array trends;
  for (const Trend& trend : detector_.top({.limit = options_.top}))
    trends.push_back(to_json(trend));
  out_ << json::serialize(
              json::object{{"at", base::format_rfc3339(at)}, {"trends", std::move(trends)}})
       << '\n';
}

void Replay::report(double seconds) {
  const DetectorStats stats = detector_.stats();
  if (bad_ > bad_lines_shown)
    err_ << fmt::format("... and {} more bad lines\n", bad_ - bad_lines_shown);
  err_ << fmt::format(
      "{} posts in {:.2f} s: {:.0f} posts/s; {} ticks; {} bad lines; {} late, {} repeated; {} "
      "topics tracked, {:.0f} MB\n",
      posts_, seconds, static_cast<double>(posts_) / std::max(seconds, 1e-9), ticks_, bad_,
      stats.late, stats.repeated, stats.tracked, static_cast<double>(stats.memory_bytes) / 1e6);
}

}  // namespace

std::optional<base::Duration> parse_step(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error != std::errc{} || number <= 0 || number > 1'000'000) return std::nullopt;
  if (unit == "s") return std::chrono::seconds{number};
  if (unit == "m") return std::chrono::minutes{number};
  if (unit == "h") return std::chrono::hours{number};
  if (unit == "d") return std::chrono::days{number};
  return std::nullopt;
}

std::optional<KindSet> parse_kinds(std::string_view text) {
  KindSet kinds = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const auto kind = kind_from_name(text.substr(0, end));
    if (!kind) return std::nullopt;
    kinds |= kind_bit(*kind);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (kinds == 0) return std::nullopt;
  if ((kinds & kind_bit(Kind::tag)) != 0) kinds |= kind_bit(Kind::cashtag);
  return kinds;
}

int run_replay(const ReplayOptions& options, std::ostream& err) {
  std::ofstream file;
  const bool to_file = !options.output.empty() && options.output != "-";
  if (to_file) {
    file.open(options.output, std::ios::binary | std::ios::trunc);
    if (!file) {
      err << "cannot write " << options.output << '\n';
      return 1;
    }
  }
  std::ostream& out = to_file ? file : std::cout;
  try {
    const auto begin = std::chrono::steady_clock::now();
    Replay replay(options, out, err);
    replay.run();
    out.flush();
    replay.report(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  } catch (const base::Unavailable& unavailable) {
    err << unavailable.what() << '\n';
    return 1;
  }
  if (!out) {
    err << "cannot write " << (to_file ? options.output : "standard output") << '\n';
    return 1;
  }
  return 0;
}

}  // namespace trends
