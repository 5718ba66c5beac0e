// MentionCounter: counts one mention into the tables.
#pragma once

#include "trends/tables.h"

namespace trends {

class MentionCounter {
 public:
  explicit MentionCounter(Tables& tables) : tables_(tables) {}

  void take(std::uint8_t source, const MentionView& mention, base::Instant now);

 private:
  bool repeated(std::uint8_t source, std::string_view id);
  std::uint32_t make_record(const Token& token, const Admission::Seen& seen, Step step,
                            std::uint16_t epoch);
  void touch(std::uint32_t number, Step step, std::uint64_t author, const MentionView& mention);
  void keep_evidence(const MentionView& mention, std::uint64_t author, std::uint8_t source,
                     Step step, std::span<const Token> tokens,
                     std::span<const std::uint32_t> rising);

  Tables& tables_;
};

}  // namespace trends
