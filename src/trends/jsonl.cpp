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

const char* read_text(simdjson::ondemand::value value, std::string_view& text) {
  if (value.get_string().get(text) == simdjson::SUCCESS) return nullptr;
  bool null = false;
  if (value.is_null().get(null) == simdjson::SUCCESS && null) return nullptr;
  return "a field has the wrong type";
}

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
  std::size_t done = 0;
  if (!read_batch(lines, line, done, on_post)) return false;
  return read_single(lines.substr(done), line, on_post, on_bad);
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
    if (document.get_object().get(object) != simdjson::SUCCESS ||
        read_object(object, mention) != nullptr)
      return true;
    const std::size_t next = line_after(lines, done);
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
    const simdjson::padded_string copy(text);
    simdjson::ondemand::document document;
    Object object;
    MentionView mention;
    const char* reason = nullptr;
    auto error = line_parser_.iterate(copy).get(document);
    if (error == simdjson::SUCCESS) error = document.get_object().get(object);
    if (error == simdjson::SUCCESS) {
      reason = read_object(object, mention);
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

const char* JsonlReader::read_object(Object object, MentionView& mention) {
  mention = {};
  timed_ = false;
  for (auto field : object) {
    std::string_view name;
    Value value;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return "not a JSON object";
    }
    if (const char* reason = read_field(name, value, mention)) return reason;
  }
  return timed_ ? nullptr : "no created_at";
}

const char* JsonlReader::read_field(std::string_view name, Value value, MentionView& mention) {
  switch (name.empty() ? ' ' : name[0]) {
    case 't':
      if (name == "text") return read_text(value, mention.text);
      if (name == "tags") return read_list(value, tags_, mention.tags);
      return nullptr;
    case 'a':
      return name == "author" ? read_text(value, mention.author) : nullptr;
    case 'c':
      return name == "created_at" ? read_created_at(value, mention) : nullptr;
    case 'i':
      return name == "id" ? read_id(value, mention) : nullptr;
    case 'l':
      if (name == "lang") return read_text(value, mention.language);
      if (name == "links") return read_list(value, links_, mention.links);
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
  if (value.get_string().get(mention.id) == simdjson::SUCCESS) return nullptr;
  std::int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS)
    return "id is neither a string nor a number";
  mention.id = value.raw_json_token();
  return nullptr;
}

const char* JsonlReader::read_created_at(Value value, MentionView& mention) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return "created_at is not a string";
  timed_ = true;
  return read_time(text, mention.at);
}

const char* JsonlReader::read_list(Value value, List& list,
                                   std::span<const std::string_view>& out) {
  simdjson::ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return "a list is not an array";
  std::size_t count = 0;
  for (auto item : array) {
    std::string_view text;
    if (item.get_string().get(text) != simdjson::SUCCESS)
      return "a list holds something that is not a string";
    if (count < list_max) list[count++] = text;
  }
  out = {list.data(), count};
  return nullptr;
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
