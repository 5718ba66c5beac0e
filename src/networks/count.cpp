#include "networks/count.h"

#include "base/text.h"
#include "networks/weight.h"

namespace networks {
namespace {

bool is_word(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

bool is_name(char c) { return static_cast<unsigned char>(c) < 0x80 && is_word(c); }

// End of a run of `in` characters with single or repeated '.' and '-' inside, but not at its end.
template <class Predicate>
std::size_t run_end(std::string_view text, std::size_t from, Predicate in) {
  std::size_t end = from;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (in(text[i])) {
      end = i + 1;
    } else if (i == from || (text[i] != '.' && text[i] != '-')) {
      break;
    }
  }
  return end;
}

std::string replace_urls(std::string_view text, std::int64_t length) {
  std::string out;
  std::size_t at = 0;
  for (const auto& url : base::find_urls(text)) {
    out.append(text.substr(at, url.begin - at));
    out.append(static_cast<std::size_t>(length), 'x');
    at = url.end;
  }
  out.append(text.substr(at));
  return out;
}

std::string drop_mention_hosts(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  for (const auto& mention : find_remote_mentions(text)) {
    out.append(text.substr(at, mention.host - at));
    at = mention.end;
  }
  out.append(text.substr(at));
  return out;
}

std::size_t count_units(std::string_view text, CountUnit unit) {
  switch (unit) {
    case CountUnit::graphemes:
    case CountUnit::mastodon:
      return base::count_graphemes(text);
    case CountUnit::code_points:
      return base::count_code_points(text);
    case CountUnit::emoji_bytes:
      return static_cast<std::size_t>(count_emoji_bytes(text));
    case CountUnit::weighted:
      return static_cast<std::size_t>(count_weighted(text, 0));
    case CountUnit::utf16_units:
      return base::count_utf16(text);
    case CountUnit::bytes:
      return text.size();
  }
  return text.size();
}

std::string unit_name(CountUnit unit) {
  switch (unit) {
    case CountUnit::bytes:
      return "bytes";
    case CountUnit::utf16_units:
      return "UTF-16 units";
    default:
      return "characters";
  }
}

class Checker {
 public:
  Checker(const Network& network, const Limits& limits) : network_(network), limits_(limits) {}

  void part(const PartDraft& part, const std::string& field) {
    if (part.media.empty() && limits_.media_min > 0) {
      error(field + ".media", label() + " takes no post without a picture: add one.");
    } else if (base::trim(part.text).empty() && part.media.empty()) {
      error(field + ".text", "Write something: there is neither text nor media.");
    }
    text(part.text, field + ".text");
    if (static_cast<std::int64_t>(part.media.size()) > limits_.media_max) {
      error(field + ".media",
            limits_.media_max == 0
                ? fmt::format("{} takes no media here.", label())
                : fmt::format("{} takes at most {} files in a post, these are {}.", label(),
                              limits_.media_max, part.media.size()));
    }
    for (std::size_t i = 0; i < part.media.size(); ++i) {
      media(part.media[i], fmt::format("{}.media[{}]", field, i));
    }
  }

  void error(std::string field, std::string message) {
    errors_.push_back({std::move(field), std::move(message)});
  }
  const std::string& label() const { return network_.about().label; }
  std::vector<base::FieldError> take() { return std::move(errors_); }

 private:
  void text(const std::string& text, const std::string& field) {
    if (!base::is_utf8(text)) error(field, "The text is not valid UTF-8.");
    const Count count = network_.count(text, limits_);
    if (count.max > 0 && count.used > count.max) {
      error(field, fmt::format("{} takes at most {} {}, this has {}.", label(), count.max,
                               unit_name(count.unit), count.used));
    }
    if (limits_.bytes_max > 0 && static_cast<std::int64_t>(text.size()) > limits_.bytes_max) {
      error(field, fmt::format("{} takes at most {} bytes of text, this has {}.", label(),
                               limits_.bytes_max, text.size()));
    }
  }

  void media(const MediaInfo& media, const std::string& field) {
    if (limits_.media_max == 0) return;
    const auto& types = limits_.media_types;
    if (!types.empty() && std::ranges::find(types, media.content_type) == types.end()) {
      error(field, fmt::format("{} does not take files of type {}.", label(), media.content_type));
    }
    if (limits_.image_bytes_max > 0 && media.bytes > limits_.image_bytes_max) {
      error(field, fmt::format("{} takes files of at most {} bytes, this has {}.", label(),
                               limits_.image_bytes_max, media.bytes));
    }
    const auto alt = static_cast<std::int64_t>(base::count_code_points(media.alt_text));
    if (limits_.alt_text_max > 0 && alt > limits_.alt_text_max) {
      error(field + ".alt_text",
            fmt::format("{} takes descriptions of at most {} characters, this has {}.", label(),
                        limits_.alt_text_max, alt));
    }
  }

  const Network& network_;
  const Limits& limits_;
  std::vector<base::FieldError> errors_;
};

}  // namespace

std::vector<MentionSpan> find_remote_mentions(std::string_view text) {
  std::vector<MentionSpan> found;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '@') continue;
    if (i > 0 && (is_word(text[i - 1]) || text[i - 1] == '/' || text[i - 1] == '=')) continue;
    const std::size_t user_end = run_end(text, i + 1, is_name);
    if (user_end == i + 1 || user_end >= text.size() || text[user_end] != '@') continue;
    const std::size_t host_end = run_end(text, user_end + 1, is_word);
    if (host_end == user_end + 1) continue;
    found.push_back({i, user_end, host_end});
    i = host_end - 1;
  }
  return found;
}

std::int64_t count_text(std::string_view text, const Limits& limits) {
  if (limits.unit == CountUnit::weighted) return count_weighted(text, limits.url_length);
  std::string changed;
  if (limits.url_length > 0) {
    changed = replace_urls(text, limits.url_length);
    text = changed;
  }
  if (limits.unit == CountUnit::mastodon) {
    return static_cast<std::int64_t>(count_units(drop_mention_hosts(text), limits.unit));
  }
  return static_cast<std::int64_t>(count_units(text, limits.unit));
}

std::vector<base::FieldError> check_parts(const Network& network,
                                          const std::vector<PartDraft>& parts,
                                          const Limits& limits) {
  Checker checker(network, limits);
  if (parts.empty()) checker.error("parts", "There is nothing to post.");
  if (parts.size() > 1 && network.about().threads == Threads::none) {
    checker.error("parts", checker.label() + " has no threads: put everything into one part.");
  }
  if (parts.size() > 100) checker.error("parts", "A thread has at most 100 parts.");
  for (std::size_t i = 0; i < parts.size(); ++i)
    checker.part(parts[i], fmt::format("parts[{}]", i));
  return checker.take();
}

}  // namespace networks
