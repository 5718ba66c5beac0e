#include "trends/detect.h"

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "trends/line_input.h"
#include "trends/record_rule.h"

#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>

#include <fmt/format.h>

namespace trends {

namespace {

constexpr std::chrono::seconds step_assumed = std::chrono::minutes{5};
constexpr std::size_t bad_lines_shown = 20;

std::optional<base::Instant> parse_time(std::string_view text) {
  std::string full(text);
  if (full.size() > 10 && full[10] == ' ') full[10] = 'T';
  if (!full.empty() && full.back() != 'Z' && full.find('+', 10) == std::string::npos) full += 'Z';
  return base::parse_rfc3339(full);
}

struct Row {
  std::string_view timestamp;
  std::string_view value_text;
  base::Instant at{};
  double value = 0;
};

std::optional<Row> parse_row(std::string_view line) {
  const std::size_t comma = line.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  Row row{.timestamp = base::trim(line.substr(0, comma)),
          .value_text = base::trim(line.substr(comma + 1))};
  const auto at = parse_time(row.timestamp);
  const char* end = row.value_text.data() + row.value_text.size();
  const auto [stop, error] = std::from_chars(row.value_text.data(), end, row.value);
  if (!at || error != std::errc{} || stop != end || !std::isfinite(row.value)) return std::nullopt;
  row.at = *at;
  return row;
}

// Rows one by one; the first waits for the second, which tells the step.
class Detection {
 public:
  Detection(std::ostream& out, std::ostream& err) : out_(out), err_(err) {
    out_ << "timestamp,value,anomaly_score\n";
  }

  void take(std::string_view line, std::uint64_t number) {
    line = base::trim(line);
    if (line.empty() || (number == 1 && line.starts_with("timestamp"))) return;
    const auto row = parse_row(line);
    if (!row) {
      if (++bad_ <= bad_lines_shown) err_ << fmt::format("line {}: not timestamp,value\n", number);
      return;
    }
    if (rule_) return write(row->timestamp, row->value_text, rule_->next(row->value));
    if (!first_) {
      first_ = *row;
      first_timestamp_ = row->timestamp;
      first_value_ = row->value_text;
      return;
    }
    const auto step = std::chrono::duration_cast<std::chrono::seconds>(row->at - first_->at);
    start(step.count() > 0 ? step : step_assumed);
    write(row->timestamp, row->value_text, rule_->next(row->value));
  }

  void finish() {
    if (first_ && !rule_) start(step_assumed);
    if (bad_ > 0) err_ << fmt::format("{} bad lines\n", bad_);
  }

 private:
  void start(std::chrono::seconds step) {
    rule_.emplace(step);
    write(first_timestamp_, first_value_, rule_->next(first_->value));
  }

  void write(std::string_view timestamp, std::string_view value, double score) {
    out_ << fmt::format("{},{},{:.6f}\n", timestamp, value, score);
  }

  std::ostream& out_;
  std::ostream& err_;
  std::optional<Row> first_;
  std::string first_timestamp_;
  std::string first_value_;
  std::optional<RecordRule> rule_;
  std::uint64_t bad_ = 0;
};

void read_all(const std::string& path, Detection& detection) {
  LineInput input(path);
  LineInput::Chunk chunk;
  std::uint64_t number = 1;
  while (input.next(chunk)) {
    if (chunk.too_long) detection.take("?", number++);
    while (!chunk.lines.empty()) {
      const std::size_t end = std::min(chunk.lines.find('\n'), chunk.lines.size());
      detection.take(chunk.lines.substr(0, end), number++);
      chunk.lines.remove_prefix(std::min(end + 1, chunk.lines.size()));
    }
  }
}

}  // namespace

int run_detect(const DetectOptions& options, std::ostream& err) {
  std::ofstream file;
  const bool to_file = !options.output.empty() && options.output != "-";
  if (to_file) file.open(options.output, std::ios::binary | std::ios::trunc);
  std::ostream& out = to_file ? file : std::cout;
  try {
    Detection detection(out, err);
    read_all(options.input, detection);
    detection.finish();
  } catch (const base::Unavailable& unavailable) {
    err << unavailable.what() << '\n';
    return 1;
  }
  out.flush();
  if (!out) {
    err << "cannot write " << (to_file ? options.output : "standard output") << '\n';
    return 1;
  }
  return 0;
}

}  // namespace trends
