// What a Redis server answers, and the reader that turns bytes into answers (RESP2; the grammar is
// hiredis', the limits are ours).
//
// Whatever stands at the other end may lie: length, number of parts and depth of an answer are
// bounded before memory is taken for them. After a failure the reader stays failed: nobody can know
// where the next answer begins.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace redis {

struct Reply {
  enum class Kind { nil, status, error, integer, string, array };

  Kind kind = Kind::nil;
  std::string text;  // of a status, an error ("WRONGTYPE ...") or a string
  std::int64_t integer = 0;
  std::vector<Reply> elements;

  bool refused() const { return kind == Kind::error; }
  // What an error says, short and printable: for messages and logs.
  std::string refusal() const;
};

struct ReplyLimits {
  std::size_t bytes_max = std::size_t{1} << 20;  // of one reply
  std::size_t elements_max = 65'536;             // of one reply, all depths together
};

class ReplyReader {
 public:
  explicit ReplyReader(ReplyLimits limits = {});
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void feed(std::string_view bytes);
  // The next whole reply; nothing while there is none; or why there will be none any more.
  std::expected<std::optional<Reply>, std::string> next();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };

  const ReplyLimits limits_;
  std::size_t elements_left_;
  std::size_t unread_ = 0;  // fed since the last whole reply
  std::string failure_;
  std::unique_ptr<redisReader, Free> reader_;
};

// The bytes of one command: an array of binary-safe strings.
std::string encode_command(const std::vector<std::string>& words);

}  // namespace redis
