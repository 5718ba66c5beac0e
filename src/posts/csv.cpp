#include "posts/csv.h"

#include <algorithm>

#include <fmt/format.h>

namespace posts {

namespace {

class Reader {
 public:
  Reader(std::string_view text, std::size_t lines_max) : rest_(text), lines_max_(lines_max) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
    const std::string_view first = rest_.substr(0, rest_.find('\n'));
    separator_ = std::ranges::count(first, ';') > std::ranges::count(first, ',') ? ';' : ',';
  }

  base::Result<std::vector<std::vector<std::string>>> read() {
    while (!rest_.empty() && lines_.size() <= lines_max_) {
      if (!read_field()) {
        return base::invalid("csv", fmt::format("has a wrong quote in line {}", line_));
      }
    }
    end_line();
    if (lines_.size() > lines_max_) {
      return base::invalid("csv", fmt::format("has more than {} lines", lines_max_));
    }
    return std::move(lines_);
  }

 private:
  // One field and what ends it; false where a quote stands wrong.
  bool read_field() {
    std::string field;
    const bool quoted = rest_.starts_with('"');
    if (quoted && !read_quoted(field)) return false;
    while (!rest_.empty() && rest_.front() != separator_ && rest_.front() != '\n' &&
           rest_.front() != '\r') {
      if (quoted || rest_.front() == '"') return false;
      field += take();
    }
    fields_.push_back(std::move(field));
    if (rest_.empty()) return true;
    const char end = take();
    if (end == separator_) {
      // A separator at the very end has an empty field after it.
      if (rest_.empty()) fields_.emplace_back();
      return true;
    }
    if (end == '\r' && rest_.starts_with('\n')) take();
    end_line();
    return true;
  }

  bool read_quoted(std::string& field) {
    take();
    while (!rest_.empty()) {
      const char c = take();
      if (c != '"') {
        field += c;
      } else if (rest_.starts_with('"')) {
        field += take();
      } else {
        return true;
      }
    }
    return false;
  }

  char take() {
    const char c = rest_.front();
    if (c == '\n') ++line_;
    rest_.remove_prefix(1);
    return c;
  }

  void end_line() {
    const bool empty = std::ranges::all_of(fields_, [](const auto& each) { return each.empty(); });
    if (!empty) lines_.push_back(std::move(fields_));
    fields_.clear();
  }

  std::string_view rest_;
  std::size_t lines_max_;
  char separator_ = ',';
  std::size_t line_ = 1;
  std::vector<std::string> fields_;
  std::vector<std::vector<std::string>> lines_;
};

}  // namespace

base::Result<std::vector<std::vector<std::string>>> read_csv(std::string_view text,
                                                             std::size_t lines_max) {
  return Reader(text, lines_max).read();
}

}  // namespace posts
