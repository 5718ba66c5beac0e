#include "db/sql_text.h"

#include "base/text.h"

namespace db {
namespace {

constexpr std::size_t query_name_max = 60;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

// Reads the parts of SQL that matter here, one after another.
class Scanner {
 public:
  enum class Part { end, word, comment, quoted, symbol };

  explicit Scanner(std::string_view sql) : sql_(sql) {}

  Part next() {
    while (at_ < sql_.size() && is_blank(sql_[at_])) ++at_;
    begin_ = at_;
    if (at_ >= sql_.size()) return Part::end;
    const char c = sql_[at_];
    if (sql_.substr(at_).starts_with("--")) return finish(Part::comment, line_end());
    if (sql_.substr(at_).starts_with("/*")) return finish(Part::comment, after("*/", at_ + 2));
    if (c == '\'' || c == '"') return finish(Part::quoted, after({&sql_[at_], 1}, at_ + 1));
    if (c == '$') {
      if (const std::size_t tag = dollar_tag(); tag != 0) {
        return finish(Part::quoted, after(sql_.substr(at_, tag), at_ + tag));
      }
    }
    if (!is_letter(c)) return finish(Part::symbol, at_ + 1);
    std::size_t end = at_;
    while (end < sql_.size() && is_word(sql_[end])) ++end;
    return finish(Part::word, end);
  }

  std::string_view text() const { return sql_.substr(begin_, at_ - begin_); }
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return at_; }

  // Nothing but blanks and a comment follows on this line.
  bool at_line_end() const {
    std::size_t at = at_;
    while (at < sql_.size() && (sql_[at] == ' ' || sql_[at] == '\t' || sql_[at] == '\r')) ++at;
    const std::string_view rest = sql_.substr(at);
    return rest.empty() || rest.front() == '\n' || rest.starts_with("--");
  }

 private:
  Part finish(Part part, std::size_t end) {
    at_ = end;
    return part;
  }
  std::size_t after(std::string_view mark, std::size_t from) const {
    const std::size_t found = sql_.find(mark, from);
    return found == std::string_view::npos ? sql_.size() : found + mark.size();
  }
  std::size_t line_end() const { return std::min(sql_.find('\n', at_), sql_.size()); }

  // The length of "$$" or "$tag$" here; 0 for a parameter such as $1.
  std::size_t dollar_tag() const {
    std::size_t end = at_ + 1;
    if (end < sql_.size() && sql_[end] >= '0' && sql_[end] <= '9') return 0;
    while (end < sql_.size() && is_word(sql_[end])) ++end;
    return end < sql_.size() && sql_[end] == '$' ? end + 1 - at_ : 0;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
};

// The next word in lower case, comments skipped; "" at anything else.
std::string next_word(Scanner& scanner) {
  Scanner::Part part = scanner.next();
  while (part == Scanner::Part::comment) part = scanner.next();
  return part == Scanner::Part::word ? base::to_lower_ascii(scanner.text()) : "";
}

std::string harmless(std::string_view text) {
  std::string name;
  for (const char c : base::trim(text)) {
    if (name.size() == query_name_max) break;
    name += is_word(c) || c == '.' || c == '-' || c == ':' ? c : '_';
  }
  return name;
}

bool names_table(std::string_view word) {
  return word == "from" || word == "into" || word == "update" || word == "table" || word == "on";
}

// Inside CREATE TRIGGER a ';' at a line's end may be the end of an inner statement.
class TriggerBody {
 public:
  void word(std::string_view text) {
    const std::string word = base::to_lower_ascii(text);
    ++count_;
    if (word == "trigger" && count_ <= 5 && create_) trigger_ = true;
    if (count_ == 1) create_ = word == "create";
    if (!trigger_) return;
    if (word == "begin" || word == "case") ++depth_;
    if (word == "end") --depth_;
  }
  bool open() const { return depth_ > 0; }

 private:
  int count_ = 0;
  int depth_ = 0;
  bool create_ = false;
  bool trigger_ = false;
};

}  // namespace

Verb verb_of(std::string_view sql) {
  Scanner scanner(sql);
  const std::string word = next_word(scanner);
  if (word == "begin" || word == "start") return Verb::begin;
  if (word == "rollback") {
    std::string next = next_word(scanner);
    if (next == "transaction" || next == "work") next = next_word(scanner);
    return next == "to" ? Verb::rollback_to : Verb::end;
  }
  if (word == "commit" || word == "end" || word == "abort") return Verb::end;
  for (const std::string_view change : {"insert", "update", "delete", "replace", "with"}) {
    if (word == change) return Verb::change;
  }
  return Verb::other;
}

std::string query_name(std::string_view sql) {
  Scanner scanner(sql);
  Scanner::Part part = scanner.next();
  if (part == Scanner::Part::comment) {
    std::string_view text = scanner.text().substr(2);
    if (text.ends_with("*/")) text.remove_suffix(2);
    if (std::string name = harmless(text); !name.empty()) return name;
    part = scanner.next();
  }
  if (part != Scanner::Part::word) return "other";

  const std::string verb = base::to_lower_ascii(scanner.text());
  bool table_follows = verb == "update";
  for (int words = 0; words < 200 && part != Scanner::Part::end; ++words) {
    part = scanner.next();
    if (part != Scanner::Part::word) continue;
    const std::string word = base::to_lower_ascii(scanner.text());
    if (table_follows) return harmless(fmt::format("{} {}", verb, word));
    table_follows = names_table(word);
  }
  return harmless(verb);
}

std::vector<std::string> split_statements(std::string_view file) {
  std::vector<std::string> statements;
  Scanner scanner(file);
  TriggerBody trigger;
  std::size_t begin = 0;
  bool empty = true;
  const auto add = [&](std::size_t end) {
    if (!empty) statements.emplace_back(base::trim(file.substr(begin, end - begin)));
    begin = end + 1;
    empty = true;
    trigger = {};
  };
  for (Scanner::Part part = scanner.next(); part != Scanner::Part::end; part = scanner.next()) {
    if (part == Scanner::Part::comment) continue;
    if (part == Scanner::Part::word) trigger.word(scanner.text());
    if (scanner.text() == ";" && scanner.at_line_end() && !trigger.open()) {
      add(scanner.begin());
    } else {
      empty = false;
    }
  }
  add(file.size());
  return statements;
}

}  // namespace db
