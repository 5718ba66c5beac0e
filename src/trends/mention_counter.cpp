#include "trends/mention_counter.h"

#include "trends/hashing.h"
#include "trends/ranking.h"

#include <algorithm>
#include <array>

namespace trends {

namespace {

constexpr double weight_max = 10'000;  // what one line of a trend list may stand for

// What is remembered of a mention's id; 0 when it has none.
std::uint64_t id_print(std::uint8_t source, std::string_view id) {
  return id.empty() ? 0 : mix(hash_text(id) ^ source, hash_seed) | 1;
}

}  // namespace

void MentionCounter::take(std::uint8_t source, const MentionView& mention, base::Instant now) {
  Tables& t = tables_;
  t.stats.now = std::max(t.stats.now, now);
  if (t.stats.now - mention.at > t.options.late_max) {
    ++t.stats.late;
    return;
  }
  // Known ids are looked up while the text is read, for the memory is far away.
  const std::uint64_t print = id_print(source, mention.id);
  std::uint64_t& place = t.recent_ids[print >> 8 & (t.recent_ids.size() - 1)];
  __builtin_prefetch(&place, 1, 3);
  const auto tokens = t.tokenizer.run(mention);
  if (print != 0 && std::exchange(place, print) == print) {
    ++t.stats.repeated;
    return;
  }
  ++t.stats.mentions;
  if (mention.at > t.stats.now) ++t.stats.future;
  const std::string_view name = mention.author.empty() ? mention.id : mention.author;
  count({.mention = mention,
         .author = mix(hash_text(name) + source, hash_step),
         .step = step_of(std::min(mention.at, t.stats.now)),
         .weight = std::clamp(mention.weight, 0.0, weight_max),
         .source = source},
        tokens);
}

void MentionCounter::count(const Arrival& arrival, std::span<const Token> tokens) {
  Tables& t = tables_;
  for (const Token& token : tokens) t.admission.prefetch(token.hash);
  t.stream.count(arrival.step, arrival.author);
  std::array<Found, Tokenizer::tokens_max> found;
  std::size_t size = 0;
  for (const Token& token : tokens) {
    const std::uint32_t record = look_up(arrival, token);
    if (record == Tracked::none) continue;
    t.tracked.prefetch(record);
    found[size++] = {.key = token.hash, .record = record};
  }
  std::array<std::uint32_t, Tokenizer::tokens_max> rising;
  std::size_t rising_size = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const Record& record = t.tracked[found[i].record];
    // Another key of the same print, or one that gave way just now.
    if (record.key != found[i].key) continue;
    touch(found[i].record, arrival);
    if (record.evidence != 0) rising[rising_size++] = record.evidence - 1;
  }
  keep_evidence(arrival, tokens, {rising.data(), rising_size});
}

// The record of a key, an old or a new one, if it deserves one.
std::uint32_t MentionCounter::look_up(const Arrival& arrival, const Token& token) {
  Tables& t = tables_;
  const auto epoch = static_cast<std::uint16_t>(arrival.step / t.epoch_steps);
  const double weight = arrival.mention.author.empty() ? arrival.weight : 1;
  const auto seen = t.admission.see(token.hash, author_print(arrival.author), weight, epoch);
  if (seen.forgotten.authors > 0) {
    t.background.add(seen.forgotten.place, seen.forgotten.authors, half_hour_of(arrival.step));
  }
  return seen.admitted ? make_record(token, seen, arrival.step, epoch) : seen.record;
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

void MentionCounter::touch(std::uint32_t number, const Arrival& arrival) {
  Record& record = tables_.tracked[number];
  const Step step = arrival.step;
  if (step > record.step) tables_.tracked.settle(number, step, tables_.half_life);
  const double authors = arrival.mention.author.empty()
                             ? arrival.weight
                             : tables_.tracked.add_author(number, author_print(arrival.author));
  const Amount amount{.authors = static_cast<float>(authors),
                      .posts = static_cast<float>(arrival.weight)};
  if (step == record.step) {
    record.authors += amount.authors;
    record.posts += amount.posts;
  } else {
    record.lately += amount.authors;
    record.timeline.add(step, amount);
  }
  ++record.uses;
  if (record.dirty) return;
  record.dirty = true;
  tables_.dirty.push_back(number);
}

void MentionCounter::keep_evidence(const Arrival& arrival, std::span<const Token> tokens,
                                   std::span<const std::uint32_t> rising) {
  Tables& t = tables_;
  const MentionView& mention = arrival.mention;
  const std::uint64_t author = arrival.author;
  const std::uint8_t source = arrival.source;
  const Step step = arrival.step;
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
