// JsonlReader: recorded posts from JSON Lines, many at a time.
//
// A line is {"id", "created_at" (RFC 3339), "author", "text", "lang"?, "tags"?[], "links"?[],
// "url"?, "repost"?, "weight"?} and may hold other fields. Usual lines are read by FlatLines, what
// those decline by simdjson; where most are unusual (nested objects), simdjson indexes a chunk at
// once, which is three times as fast as line by line, up to the first broken line. Strings without
// escapes are not copied. Hostile input: any bytes.
#pragma once

#include "trends/detector.h"
#include "trends/flat_lines.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <simdjson.h>
#include <string_view>
#include <vector>

namespace trends {

class JsonlReader {
 public:
  static constexpr std::size_t list_max = 64;  // of tags and links; more are ignored
  static constexpr std::size_t padding = 64;   // zero bytes behind the lines

  // False from `on_post` stops the reading of the chunk. The views live until the next read(), and
  // no longer than the lines. `on_bad` gets the line number and a reason.
  using OnPost = std::function<bool(const MentionView&, std::uint64_t line)>;
  using OnBad = std::function<void(std::uint64_t line, std::string_view reason)>;

  JsonlReader();

  // `padding` zero bytes must follow `lines`; `line` is the number of the first one and, after the
  // call, of the one behind the last. False when on_post stopped.
  bool read(std::string_view lines, std::uint64_t& line, const OnPost& on_post,
            const OnBad& on_bad);

 private:
  using Object = simdjson::ondemand::object;
  using Value = simdjson::ondemand::value;
  using List = std::array<std::string_view, list_max>;

  bool read_flat(std::string_view lines, std::uint64_t& line, const OnPost& on_post,
                 const OnBad& on_bad);
  bool take_flat(MentionView& mention);
  bool take_flat(const FlatLines::Field& field, MentionView& mention);
  std::span<const std::string_view> keep_items(const FlatLines::Field& field);
  bool read_batch(std::string_view lines, std::uint64_t& line, std::size_t& done,
                  const OnPost& on_post);
  bool read_single(std::string_view lines, std::uint64_t& line, const OnPost& on_post,
                   const OnBad& on_bad);
  // A reason when the object, in a line with or without escapes, is no post.
  const char* read_object(Object object, bool escapes, MentionView& mention);
  const char* read_field(std::string_view name, Value value, MentionView& mention);
  const char* read_time(std::string_view text, base::Instant& at);
  const char* read_id(Value value, MentionView& mention);
  const char* read_created_at(Value value, MentionView& mention);
  const char* read_list(Value value, std::span<const std::string_view>& out);
  const char* read_text(Value value, std::string_view& text);
  bool read_string(Value value, std::string_view& text);
  std::string_view keep(std::string_view text);

  FlatLines flat_;
  std::uint32_t chunks_ = 0;
  bool unusual_ = false;  // most lines of the chunk before were not flat
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::parser line_parser_;
  std::pmr::monotonic_buffer_resource kept_{std::size_t{1}
                                            << 16};  // what lives until the next read()
  List list_;
  bool escapes_ = false;  // in the line that is read
  bool timed_ = false;
  std::array<char, 10> date_{};  // the last date read, and its midnight
  std::int64_t midnight_ = 0;
};

}  // namespace trends
