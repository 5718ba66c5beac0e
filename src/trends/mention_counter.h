// MentionCounter: counts one mention into the tables.
#pragma once

#include "trends/tables.h"

namespace trends {

class MentionCounter {
 public:
  explicit MentionCounter(Tables& tables) : tables_(tables) {}

  void take(std::uint8_t source, const MentionView& mention, base::Instant now);

 private:
  struct Arrival {
    const MentionView& mention;
    std::uint64_t author;
    Step step;
    double weight;
    std::uint8_t source;
  };
  struct Found {
    std::uint64_t key;
    std::uint32_t record;
  };

  void count(const Arrival& arrival, std::span<const Token> tokens);
  std::uint32_t look_up(const Arrival& arrival, const Token& token);
  std::uint32_t make_record(const Token& token, const Admission::Seen& seen, Step step,
                            std::uint16_t epoch);
  void touch(std::uint32_t number, const Arrival& arrival);
  void keep_evidence(const Arrival& arrival, std::span<const Token> tokens,
                     std::span<const std::uint32_t> rising);

  Tables& tables_;
};

}  // namespace trends
