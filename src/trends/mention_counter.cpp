#include "trends/mention_counter.h"

#include "trends/hashing.h"
#include "trends/ranking.h"

#include <algorithm>
#include <array>

namespace trends {

namespace {

constexpr double weight_max = 10'000;  // what one line of a trend list may stand for

}  // namespace

void MentionCounter::take(std::uint8_t source, const MentionView& mention, base::Instant now) {
  Tables& t = tables_;
  t.stats.now = std::max(t.stats.now, now);
  base::Instant at = mention.at;
  if (at > t.stats.now) {
    at = t.stats.now;
    ++t.stats.future;
  }
  if (t.stats.now - at > t.options.late_max) {
    ++t.stats.late;
    return;
  }
  if (repeated(source, mention.id)) {
    ++t.stats.repeated;
    return;
  }
  ++t.stats.mentions;

  const bool anonymous = mention.author.empty();
  const std::uint64_t author =
      mix(hash_text(anonymous ? mention.id : mention.author) + source, hash_step);
  const Step step = step_of(at);
  t.stream.count(step, author);

  const auto tokens = t.tokenizer.run(mention);
  for (const Token& token : tokens) t.admission.prefetch(token.hash);
  const auto half_window = std::max<std::int64_t>(
      1, t.options.admission_window / std::chrono::seconds{2 * step_seconds});
  const auto epoch = static_cast<std::uint16_t>(step / half_window);
  const double weight = std::clamp(mention.weight, 0.0, weight_max);
  std::array<std::uint32_t, Tokenizer::tokens_max> records;
  std::array<std::uint64_t, Tokenizer::tokens_max> keys;
  std::size_t count = 0;
  for (const Token& token : tokens) {
    const auto seen =
        t.admission.see(token.hash, author_print(author), anonymous ? weight : 1, epoch);
    if (seen.forgotten.authors > 0) {
      t.background.add(seen.forgotten.place, seen.forgotten.authors, half_hour_of(step));
    }
    if (seen.record != Admission::none) {
      t.tracked.prefetch(seen.record);
      keys[count] = token.hash;
      records[count++] = seen.record;
    } else if (seen.admitted) {
      const std::uint32_t record = make_record(token, seen, step, epoch);
      if (record == Tracked::none) continue;
      keys[count] = token.hash;
      records[count++] = record;
    }
  }

  std::array<std::uint32_t, Tokenizer::tokens_max> rising;
  std::size_t rising_count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    // Another key of the same print, or one that gave way just now.
    if (t.tracked[records[i]].key != keys[i]) continue;
    touch(records[i], step, author, mention);
    if (const std::uint32_t entry = t.tracked[records[i]].evidence; entry != 0)
      rising[rising_count++] = entry - 1;
  }
  keep_evidence(mention, author, source, step, tokens, {rising.data(), rising_count});
}

bool MentionCounter::repeated(std::uint8_t source, std::string_view id) {
  if (id.empty()) return false;
  const std::uint64_t print = mix(hash_text(id) ^ source, hash_seed) | 1;
  std::uint64_t& place = tables_.recent_ids[print >> 8 & (tables_.recent_ids.size() - 1)];
  if (place == print) return true;
  place = print;
  return false;
}

// A record for a key that enough authors use; one that lost its link is found again.
std::uint32_t MentionCounter::make_record(const Token& token, const Admission::Seen& seen,
                                          Step step, std::uint16_t epoch) {
  Tables& t = tables_;
  std::uint32_t number = t.tracked.find(token.hash);
  if (number == Tracked::none) {
    if (t.tracked.full()) {
      const std::uint32_t victim = t.tracked.victim(step);
      if (victim == Tracked::none) return Tracked::none;
      const Record& old = t.tracked[victim];
      t.background.raise(t.admission.background_place(old.key),
                         old.timeline.past() + old.timeline.day_authors(), half_hour_of(step));
      if (old.evidence != 0) t.evidence.destroy(old.evidence - 1, t.posts);
      t.admission.unlink(old.key);
      t.tracked.destroy(victim);
      ++t.evicted;
    }
    number =
        t.tracked.create(token.hash, token.kind,
                         {.topic = t.tokenizer.topic(token), .label = t.tokenizer.spelling(token)});
    Record& record = t.tracked[number];
    record.step = step;
    record.timeline.advance(step, t.half_life);
    record.timeline.add_past(
        t.background.authors(t.admission.background_place(token.hash), half_hour_of(step)));
    record.period = step / 144;
  }
  t.admission.link(token.hash, number, epoch);
  Record& record = t.tracked[number];
  for (const AuthorPrint print : seen.authors) {
    if (print == 0) continue;
    record.authors += static_cast<float>(t.tracked.add_author(number, print));
    record.posts += 1;
  }
  return number;
}

void MentionCounter::touch(std::uint32_t number, Step step, std::uint64_t author,
                           const MentionView& mention) {
  Record& record = tables_.tracked[number];
  if (step > record.step) tables_.tracked.settle(number, step, tables_.half_life);
  const double weight = std::clamp(mention.weight, 0.0, weight_max);
  const double authors =
      mention.author.empty() ? weight : tables_.tracked.add_author(number, author_print(author));
  if (step == record.step) {
    record.authors += static_cast<float>(authors);
    record.posts += static_cast<float>(weight);
  } else {
    record.timeline.add(
        step, {.authors = static_cast<float>(authors), .posts = static_cast<float>(weight)});
  }
  ++record.uses;
  if (record.dirty) return;
  record.dirty = true;
  tables_.dirty.push_back(number);
}

void MentionCounter::keep_evidence(const MentionView& mention, std::uint64_t author,
                                   std::uint8_t source, Step step, std::span<const Token> tokens,
                                   std::span<const std::uint32_t> rising) {
  Tables& t = tables_;
  if (t.kept_step != step) {
    t.kept_step = step;
    t.kept_in_step = 0;
  }
  const bool remember = t.kept_in_step < PostStore::per_step && !tokens.empty();
  bool wanted = false;
  std::uint8_t language = 0;
  if (remember || !rising.empty()) language = t.languages.number(mention.language);
  std::array<bool, Tokenizer::tokens_max> takes{};
  for (std::size_t i = 0; i < rising.size(); ++i) {
    Evidence& evidence = t.evidence[rising[i]];
    evidence.count(author, source, language);
    takes[i] = evidence.wants(author, t.ticks, t.posts);
    wanted = wanted || takes[i];
  }
  if (!remember && !wanted) return;

  const std::uint32_t post = t.posts.keep(mention, author, source, language);
  for (const Token& token : tokens) t.posts.keys(post).push_back(token.hash);
  for (std::size_t i = 0; i < rising.size(); ++i) {
    if (takes[i]) t.evidence[rising[i]].take(post, t.posts);
  }
  if (remember) {
    ++t.kept_in_step;
    t.posts.remember(post);
  } else {
    t.posts.release(post);
  }
}

}  // namespace trends
