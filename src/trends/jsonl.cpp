#include "trends/jsonl.h"

#include <chrono>
#include <cstring>

namespace trends {

namespace {

// -1 when one of the two characters is no digit.
int two_digits(const char* text) {
  const auto tens = static_cast<unsigned>(text[0] - '0');
  const auto ones = static_cast<unsigned>(text[1] - '0');
  return tens > 9 || ones > 9 ? -1 : static_cast<int>(10 * tens + ones);
}

bool has_escape(std::string_view text) {
  return std::memchr(text.data(), '\\', text.size()) != nullptr;
}

// The name of a field whose first byte after the opening quote is at `raw`: one that matters, or
// something else.
std::string_view known_name(const char* raw) {
  const auto is = [raw](std::string_view quoted) {
    return std::memcmp(raw, quoted.data(), quoted.size()) == 0;
  };
  switch (raw[0]) {
    case 't':
      return is("text\"") ? "text" : is("tags\"") ? "tags" : "";
    case 'a':
      return is("author\"") ? "author" : "";
    case 'c':
      return is("created_at\"") ? "created_at" : "";
    case 'i':
      return is("id\"") ? "id" : "";
    case 'l':
      return is("lang\"") ? "lang" : is("links\"") ? "links" : "";
    case 'r':
      return is("repost\"") ? "repost" : "";
    case 'u':
      return is("url\"") ? "url" : "";
    case 'w':
      return is("weight\"") ? "weight" : "";
    default:
      return "";
  }
}

// What follows a value within its token.
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::size_t skip_blank(std::string_view lines, std::size_t from) {
  while (from < lines.size() && (lines[from] == '\n' || lines[from] == '\r')) ++from;
  return from;
}

std::size_t line_after(std::string_view lines, std::size_t from) {
  const void* end = std::memchr(lines.data() + from, '\n', lines.size() - from);
  if (end == nullptr) return lines.size();
  return static_cast<std::size_t>(static_cast<const char*>(end) - lines.data()) + 1;
}

bool blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

JsonlReader::JsonlReader() {
#ifdef SIMDJSON_THREADS_ENABLED
  parser_.threaded = false;  // a second thread would only hide work
#endif
}

bool JsonlReader::read(std::string_view lines, std::uint64_t& line, const OnPost& on_post,
                       const OnBad& on_bad) {
  constexpr std::uint32_t chunks_between_tries = 16;
  kept_.release();
  const bool flat = !unusual_ || chunks_ % chunks_between_tries == 0;
  ++chunks_;
  if (flat && flat_.start(lines, kept_)) return read_flat(lines, line, on_post, on_bad);
  std::size_t done = 0;
  if (!read_batch(lines, line, done, on_post)) return false;
  return read_single(lines.substr(done), line, on_post, on_bad);
}

bool JsonlReader::read_flat(std::string_view lines, std::uint64_t& line, const OnPost& on_post,
                            const OnBad& on_bad) {
  const std::uint64_t first = line;
  std::uint64_t declined = 0;
  std::size_t next = 0;
  for (std::size_t at = 0; at < lines.size(); at = next) {
    MentionView mention;
    if (flat_.read(at, next) && take_flat(mention)) {
      if (!on_post(mention, line++)) return false;
      continue;
    }
    ++declined;
    if (!read_single(lines.substr(at, next - at), line, on_post, on_bad)) return false;
  }
  unusual_ = declined * 2 > line - first;
  return true;
}

bool JsonlReader::take_flat(MentionView& mention) {
  timed_ = false;
  for (const FlatLines::Field& field : flat_) {
    if (!take_flat(field, mention)) return false;
  }
  return timed_;
}

// False for a type that does not fit: then the other reader says what is wrong.
bool JsonlReader::take_flat(const FlatLines::Field& field, MentionView& mention) {
  using Type = FlatLines::Type;
  const auto text = [&](std::string_view& to) {
    if (field.type == Type::text) to = field.value;
    return field.type == Type::text || field.value == "null";
  };
  const auto list = [&](std::span<const std::string_view>& to) {
    if (field.type == Type::list) to = keep_items(field);
    return field.type == Type::list;
  };
  const std::string_view name = field.name;
  switch (name.empty() ? ' ' : name[0]) {
    case 't':
      return name == "text" ? text(mention.text) : name == "tags" ? list(mention.tags) : true;
    case 'a':
      return name == "author" ? text(mention.author) : true;
    case 'c':
      if (name != "created_at") return true;
      timed_ = field.type == Type::text && read_time(field.value, mention.at) == nullptr;
      return timed_;
    case 'i':
      if (name == "id") mention.id = field.value;
      return name != "id" || field.type == Type::text || field.type == Type::number;
    case 'l':
      return name == "lang" ? text(mention.language) : name == "links" ? list(mention.links) : true;
    case 'r':
      if (name == "repost") mention.repost = field.value == "true";
      return name != "repost" || (field.type == Type::literal && field.value != "null");
    case 'u':
      return name == "url" ? text(mention.url) : true;
    case 'w':
      return name != "weight";  // rare, and any number
    default:
      return true;
  }
}

std::span<const std::string_view> JsonlReader::keep_items(const FlatLines::Field& field) {
  const std::size_t count = field.last - field.first;
  if (count == 0) return {};
  auto* const kept = static_cast<std::string_view*>(
      kept_.allocate(count * sizeof(std::string_view), alignof(std::string_view)));
  for (std::size_t i = 0; i < count; ++i) kept[i] = flat_.item(field.first + i);
  return {kept, count};
}

// Reads posts as long as every document is exactly one line; says with `line` and `done` how far
// that went.
bool JsonlReader::read_batch(std::string_view lines, std::uint64_t& line, std::size_t& done,
                             const OnPost& on_post) {
  simdjson::ondemand::document_stream stream;
  const std::size_t batch = std::max<std::size_t>(lines.size(), 64);
  if (parser_.iterate_many(lines.data(), lines.size(), batch).get(stream) != simdjson::SUCCESS)
    return true;
  for (auto i = stream.begin(); i != stream.end(); ++i) {
    for (const std::size_t start = skip_blank(lines, done); done < start; ++done) {
      line += lines[done] == '\n';
    }
    if (i.error() != simdjson::SUCCESS || i.current_index() != done) return true;
    Object object;
    MentionView mention;
    auto document = *i;
    const std::size_t next = line_after(lines, done);
    if (document.get_object().get(object) != simdjson::SUCCESS ||
        read_object(object, has_escape(lines.substr(done, next - done)), mention) != nullptr)
      return true;
    // What follows the object must be the next line: neither a rest of this one nor one that it
    // swallowed.
    const char* follows = lines.data() + lines.size();
    if (document.current_location().get(follows) != simdjson::SUCCESS)
      follows = lines.data() + lines.size();
    if (follows != lines.data() + skip_blank(lines, next)) return true;
    const bool go_on = on_post(mention, line);
    done = next;
    ++line;
    if (!go_on) return false;
  }
  return true;
}

bool JsonlReader::read_single(std::string_view lines, std::uint64_t& line, const OnPost& on_post,
                              const OnBad& on_bad) {
  for (; !lines.empty(); ++line) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view text = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (blank(text)) continue;
    // A copy with room of its own: what follows in the chunk is the next line, not padding.
    const std::size_t room = text.size() + simdjson::SIMDJSON_PADDING;
    char* const bytes = static_cast<char*>(kept_.allocate(room, 1));
    std::memcpy(bytes, text.data(), text.size());
    std::memset(bytes + text.size(), 0, simdjson::SIMDJSON_PADDING);
    const simdjson::padded_string_view copy(bytes, text.size(), room);
    simdjson::ondemand::document document;
    Object object;
    MentionView mention;
    const char* reason = nullptr;
    auto error = line_parser_.iterate(copy).get(document);
    if (error == simdjson::SUCCESS) error = document.get_object().get(object);
    if (error == simdjson::SUCCESS) {
      reason = read_object(object, has_escape(text), mention);
      const char* follows = nullptr;
      if (reason == nullptr && document.current_location().get(follows) == simdjson::SUCCESS) {
        reason = "something follows the object";
      }
    } else {
      reason = error == simdjson::UTF8_ERROR ? "not UTF-8" : "not a JSON object";
    }
    if (reason != nullptr) {
      on_bad(line, reason);
    } else if (!on_post(mention, line)) {
      return false;
    }
  }
  return true;
}

const char* JsonlReader::read_object(Object object, bool escapes, MentionView& mention) {
  escapes_ = escapes;
  timed_ = false;
  for (auto field : object) {
    simdjson::ondemand::raw_json_string key;
    Value value;
    if (field.key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return "not a JSON object";
    }
    std::string_view name = known_name(key.raw());
    if (name.empty() && escapes && field.unescaped_key().get(name) != simdjson::SUCCESS)
      return "not a JSON object";
    if (name.empty()) continue;
    if (const char* reason = read_field(name, value, mention)) return reason;
  }
  return timed_ ? nullptr : "no created_at";
}

const char* JsonlReader::read_field(std::string_view name, Value value, MentionView& mention) {
  switch (name.empty() ? ' ' : name[0]) {
    case 't':
      if (name == "text") return read_text(value, mention.text);
      if (name == "tags") return read_list(value, mention.tags);
      return nullptr;
    case 'a':
      return name == "author" ? read_text(value, mention.author) : nullptr;
    case 'c':
      return name == "created_at" ? read_created_at(value, mention) : nullptr;
    case 'i':
      return name == "id" ? read_id(value, mention) : nullptr;
    case 'l':
      if (name == "lang") return read_text(value, mention.language);
      if (name == "links") return read_list(value, mention.links);
      return nullptr;
    case 'r':
      if (name != "repost" || value.get_bool().get(mention.repost) == simdjson::SUCCESS)
        return nullptr;
      return "repost is no boolean";
    case 'u':
      return name == "url" ? read_text(value, mention.url) : nullptr;
    case 'w':
      if (name != "weight" || value.get_double().get(mention.weight) == simdjson::SUCCESS)
        return nullptr;
      return "weight is no number";
    default:
      return nullptr;
  }
}

const char* JsonlReader::read_id(Value value, MentionView& mention) {
  if (read_string(value, mention.id)) return nullptr;
  std::int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS)
    return "id is neither a string nor a number";
  mention.id = value.raw_json_token();
  return nullptr;
}

const char* JsonlReader::read_created_at(Value value, MentionView& mention) {
  std::string_view text;
  if (!read_string(value, text)) return "created_at is not a string";
  timed_ = true;
  return read_time(text, mention.at);
}

const char* JsonlReader::read_list(Value value, std::span<const std::string_view>& out) {
  simdjson::ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return "a list is not an array";
  std::size_t count = 0;
  for (auto item : array) {
    Value element;
    std::string_view text;
    if (item.get(element) != simdjson::SUCCESS || !read_string(element, text))
      return "a list holds something that is not a string";
    if (count < list_max) list_[count++] = text;
  }
  if (count == 0) return nullptr;
  auto* const kept = static_cast<std::string_view*>(
      kept_.allocate(count * sizeof(std::string_view), alignof(std::string_view)));
  std::copy_n(list_.begin(), count, kept);
  out = {kept, count};
  return nullptr;
}

const char* JsonlReader::read_text(Value value, std::string_view& text) {
  if (read_string(value, text)) return nullptr;
  bool null = false;
  if (value.is_null().get(null) == simdjson::SUCCESS && null) return nullptr;
  return "a field has the wrong type";
}

// Where nothing is escaped, what stands between the quotes.
bool JsonlReader::read_string(Value value, std::string_view& text) {
  const std::string_view token = value.raw_json_token();
  if (token.empty() || token[0] != '"') return false;
  if (escapes_ && has_escape(token)) {
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    text = keep(text);
    return true;
  }
  std::size_t end = token.size() - 1;
  while (is_blank(token[end])) --end;
  if (end == 0 || token[end] != '"') return false;
  text = token.substr(1, end - 1);
  return true;
}

std::string_view JsonlReader::keep(std::string_view text) {
  if (text.empty()) return {};
  char* const kept = static_cast<char*>(kept_.allocate(text.size(), 1));
  std::memcpy(kept, text.data(), text.size());
  return {kept, text.size()};
}

// "2014-01-01T00:00:48Z", the usual form, without a detour; any other RFC 3339 form the long way.
const char* JsonlReader::read_time(std::string_view text, base::Instant& at) {
  if (text.size() == 20 && text[19] == 'Z' && text[10] == 'T') {
    const int hour = two_digits(text.data() + 11);
    const int minute = two_digits(text.data() + 14);
    const int second = two_digits(text.data() + 17);
    const bool same_day = std::memcmp(text.data(), date_.data(), 10) == 0;
    if (same_day && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 &&
        second < 60 && text[13] == ':' && text[16] == ':') {
      at = base::from_micros((midnight_ + hour * 3600 + minute * 60 + second) * 1'000'000);
      return nullptr;
    }
  }
  const auto instant = base::parse_rfc3339(text);
  if (!instant) return "created_at is not a time (RFC 3339)";
  at = *instant;
  if (text.size() == 20 && text[19] == 'Z') {
    std::memcpy(date_.data(), text.data(), 10);
    midnight_ = base::to_micros(std::chrono::floor<std::chrono::days>(at)) / 1'000'000;
  }
  return nullptr;
}

}  // namespace trends
