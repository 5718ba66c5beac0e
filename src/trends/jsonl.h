// JsonlReader: recorded posts from JSON Lines, many at a time.
//
// A line is {"id", "created_at" (RFC 3339), "author", "text", "lang"?, "tags"?[], "links"?[],
// "url"?, "repost"?, "weight"?} and may hold other fields. A chunk is indexed at once (simdjson),
// which is three times as fast as line by line; after a broken line the rest of its chunk goes line
// by line. Hostile input: any bytes.
#pragma once

#include "trends/detector.h"

#include <array>
#include <cstdint>
#include <functional>
#include <simdjson.h>
#include <string_view>
#include <vector>

namespace trends {

class JsonlReader {
 public:
  static constexpr std::size_t list_max = 64;  // of tags and links; more are ignored

  // False from `on_post` stops the reading of the chunk. The views die with the call. `on_bad` gets
  // the line number and a reason.
  using OnPost = std::function<bool(const MentionView&, std::uint64_t line)>;
  using OnBad = std::function<void(std::uint64_t line, std::string_view reason)>;

  JsonlReader();

  // `lines` must be readable for SIMDJSON_PADDING bytes beyond its end; `line` is the number of the
  // first one and, after the call, of the one behind the last. False when on_post stopped.
  bool read(std::string_view lines, std::uint64_t& line, const OnPost& on_post,
            const OnBad& on_bad);

 private:
  using Object = simdjson::ondemand::object;
  using Value = simdjson::ondemand::value;
  using List = std::array<std::string_view, list_max>;

  bool read_batch(std::string_view lines, std::uint64_t& line, std::size_t& done,
                  const OnPost& on_post);
  bool read_single(std::string_view lines, std::uint64_t& line, const OnPost& on_post,
                   const OnBad& on_bad);
  // A reason when the object is no post.
  const char* read_object(Object object, MentionView& mention);
  const char* read_field(std::string_view name, Value value, MentionView& mention);
  const char* read_time(std::string_view text, base::Instant& at);
  const char* read_id(Value value, MentionView& mention);
  const char* read_created_at(Value value, MentionView& mention);
  const char* read_list(Value value, List& list, std::span<const std::string_view>& out);

  simdjson::ondemand::parser parser_;
  simdjson::ondemand::parser line_parser_;
  List tags_;
  List links_;
  bool timed_ = false;
  std::array<char, 10> date_{};  // the last date read, and its midnight
  std::int64_t midnight_ = 0;
};

}  // namespace trends
