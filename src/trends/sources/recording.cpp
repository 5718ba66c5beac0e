// Recorded posts, played at their own speed or faster. They have a time of their own and never mix
// with live sources.
#include "base/json.h"
#include "trends/source.h"
#include "trends/sources/polite.h"
#include "trends/sources/recording_lines.h"

#include <charconv>

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t chunk_lines = 512;
constexpr auto grain = 250ms;  // mentions that fall due within it travel together
constexpr double speed_max = 1e6;

std::optional<double> parse_speed(std::string_view text) {
  if (text == "max") return 0;
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || !(speed > 0) || speed > speed_max) return {};
  return speed;
}

// The file inside the folder of recordings, however its name is written.
std::filesystem::path inside(const std::filesystem::path& folder, const std::string& name) {
  if (name == "-") return name;
  if (folder.empty()) throw base::Unavailable("this server has no folder of recordings");
  std::error_code error;
  const auto root = std::filesystem::weakly_canonical(folder, error);
  const auto file = std::filesystem::weakly_canonical(root / name, error);
  const auto relative = file.lexically_relative(root);
  if (error || relative.empty() || *relative.begin() == "..") {
    throw base::Unavailable("the recording must be in the folder of recordings");
  }
  return file;
}

// When a mention of the recording falls due on our clock.
class Pace {
 public:
  explicit Pace(double speed) : speed_(speed) {}

  std::chrono::steady_clock::duration until_due(base::Instant at) {
    if (speed_ == 0) return {};
    const auto now = std::chrono::steady_clock::now();
    if (!first_) {
      first_ = at;
      begin_ = now;
    }
    const double seconds = base::to_seconds(at - *first_) / speed_;
    const auto due = begin_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                  std::chrono::duration<double>(std::clamp(seconds, 0.0, 1e8)));
    return due - now;
  }

 private:
  double speed_;
  std::optional<base::Instant> first_;
  std::chrono::steady_clock::time_point begin_{};
};

std::int64_t parse_cursor(std::string_view cursor) {
  auto value = base::parse_json(cursor);
  return value ? std::max<std::int64_t>(0, base::integer_at(*value, "/lines")) : 0;
}

std::string cursor_at(std::int64_t lines) {
  return json::serialize(json::object{{"lines", lines}});
}

io::Task<> play(std::vector<std::string> lines, std::int64_t first_line, Pace& pace, Sink& sink) {
  Batch batch;
  std::int64_t done = first_line;
  for (const std::string& line : lines) {
    auto mention = parse_recorded_line(line);
    const auto wait = mention ? pace.until_due(mention->at) : std::chrono::steady_clock::duration{};
    if (wait > grain) {
      batch.cursor = cursor_at(done);
      co_await sink.take(std::exchange(batch, {}));
      co_await io::sleep_for(wait);
    }
    if (mention) {
      batch.mentions.push_back(std::move(*mention));
    } else if (!line.empty()) {
      ++batch.rejected;
    }
    ++done;
  }
  batch.cursor = cursor_at(done);
  co_await sink.take(std::move(batch));
}

class Recording final : public Source {
 public:
  const SourceAbout& about() const override {
    static const SourceAbout about{
        .id = "recording",
        .label = "Recording",
        .help = "Recorded posts (JSON Lines, also gzip) from the server's folder of recordings.",
        .settings = {{.key = "file",
                      .label = "File",
                      .help = "A name in the folder of recordings, or - for standard input."},
                     {.key = "speed",
                      .label = "Speed",
                      .help =
                          "1 = as it was, 60 = an hour a minute, max = as fast as it can be read.",
                      .required = false,
                      .fallback = "60"}},
        .separate = true};
    return about;
  }

  std::string label(const json::object& settings) const override {
    return "Recording: " + text_setting(settings, "file");
  }

  std::vector<base::FieldError> check(const json::object& settings) const override {
    std::vector<base::FieldError> errors;
    const std::filesystem::path file = text_setting(settings, "file");
    const bool climbs = std::ranges::find(file, "..") != file.end();
    if (file.empty() || file.is_absolute() || climbs) {
      errors.push_back({"file", "must be the name of a file in the folder of recordings"});
    }
    if (!parse_speed(text_setting(settings, "speed"))) {
      errors.push_back({"speed", "must be a number above 0 (at most 1000000) or max"});
    }
    return errors;
  }

  io::Task<> read(SourceContext context, json::object settings, std::string cursor,
                  Sink& sink) const override {
    const std::string name = text_setting(settings, "file");
    const auto path = inside(context.recordings, name);
    auto reader = co_await io::offload([path] { return LineReader::open(path); });
    std::int64_t skip = name == "-" ? 0 : parse_cursor(cursor);
    std::int64_t at_line = 0;
    Pace pace(parse_speed(text_setting(settings, "speed")).value_or(1));
    sink.connected();
    for (bool end = false; !end;) {
      auto chunk = co_await io::offload([&reader] { return reader->read(chunk_lines); });
      end = chunk.end;
      const auto known = std::clamp<std::int64_t>(skip - at_line, 0,
                                                  static_cast<std::int64_t>(chunk.lines.size()));
      chunk.lines.erase(chunk.lines.begin(), chunk.lines.begin() + known);
      at_line += known;
      const auto count = static_cast<std::int64_t>(chunk.lines.size());
      if (count > 0) co_await play(std::move(chunk.lines), at_line, pace, sink);
      at_line += count;
    }
  }
};

}  // namespace

std::unique_ptr<Source> make_recording() { return std::make_unique<Recording>(); }

}  // namespace trends
