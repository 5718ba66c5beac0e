// MentionCounter: counts mentions into the tables, a few at a time.
//
// Most of the work of a mention is waiting for memory: a line of the admission table per key, then
// one or two of the key's record. So the keys of up to sixteen mentions are found first, and while
// one is counted the lines of the next ones are on their way. What comes next is waiting for
// guesses of the processor that were wrong: so the keys of a mention are sorted by what is to be
// done with them, and each kind is done by a loop of its own. The answer is that of one mention
// after the other.
#pragma once

#include "trends/tables.h"

#include <array>

namespace trends {

class MentionCounter {
 public:
  static constexpr std::size_t together = Tables::keys_together;

  explicit MentionCounter(Tables& tables) : tables_(tables) {}

  // At most `together` of them.
  void take(std::uint8_t source, std::span<const MentionView> mentions, base::Instant now);

 private:
  struct Known {
    std::uint32_t record;
    std::uint16_t slot;
    std::uint8_t token;
  };
  struct Arrival {
    const MentionView* mention;
    PostKeys* keys;
    std::uint64_t id_print;
    std::uint64_t author;
    Step step;
    double weight;
    std::uint8_t source;
    // The keys, by whether they seem to have a record: with it, and without.
    std::array<Known, PostKeys::tokens_max + 1> known;
    std::array<std::uint8_t, PostKeys::tokens_max + 1> others;
    std::size_t known_count;
    std::size_t other_count;
  };
  using Rising = std::array<std::uint32_t, PostKeys::tokens_max + 1>;

  std::size_t accept(std::uint8_t source, std::span<const MentionView> mentions);
  struct Forgotten {
    std::uint64_t place;
    double authors;
    std::int64_t half_hour;
  };

  void forget(const Admission::Forgotten& key, Step step);
  void settle_forgotten();
  void expect_records(Arrival& arrival) const;
  void expect_authors(const Arrival& arrival) const;
  void count(Arrival& arrival);
  void count_known(Arrival& arrival, std::uint16_t epoch, Rising& rising,
                   std::size_t& rising_count);
  void count_others(Arrival& arrival, std::uint16_t epoch, Rising& rising,
                    std::size_t& rising_count);
  std::uint32_t look_up(const Arrival& arrival, const Token& token, std::uint16_t epoch);
  std::uint32_t make_record(const PostKeys& keys, const Token& token, const Admission::Seen& seen,
                            Step step, std::uint16_t epoch);
  void touch(std::uint32_t number, const Arrival& arrival);
  void keep_evidence(const Arrival& arrival, std::span<const std::uint32_t> rising);

  Tables& tables_;
  std::array<Arrival, together> arrivals_;
  std::vector<Forgotten> forgotten_;  // on their way to the background
};

}  // namespace trends
