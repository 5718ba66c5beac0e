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

void MentionCounter::take(std::uint8_t source, std::span<const MentionView> mentions,
                          base::Instant now) {
  Tables& t = tables_;
  t.stats.now = std::max(t.stats.now, now);
  const std::size_t size = accept(source, mentions);
  for (std::size_t i = 0; i < size; ++i) {
    Arrival& arrival = arrivals_[i];
    t.tokenizer.run(*arrival.mention, *arrival.keys);
    for (const Token& token : arrival.keys->list()) t.admission.prefetch(token.hash);
  }
  constexpr std::size_t ahead = 4;
  for (std::size_t i = 0; i < size + ahead; ++i) {
    if (i < size) expect_records(arrivals_[i]);
    if (i >= ahead / 2 && i - ahead / 2 < size) expect_authors(arrivals_[i - ahead / 2]);
    if (i >= ahead) count(arrivals_[i - ahead]);
  }
  settle_forgotten();
}

// Drops what is too late; how many are left.
std::size_t MentionCounter::accept(std::uint8_t source, std::span<const MentionView> mentions) {
  Tables& t = tables_;
  std::size_t size = 0;
  for (const MentionView& mention : mentions) {
    if (t.stats.now - mention.at > t.options.late_max) {
      ++t.stats.late;
      continue;
    }
    Arrival& arrival = arrivals_[size];
    arrival.mention = &mention;
    arrival.keys = &t.keys[size++];
    arrival.id_print = id_print(source, mention.id);
    __builtin_prefetch(&t.recent_ids[arrival.id_print >> 8 & (t.recent_ids.size() - 1)], 1, 3);
    const std::string_view name = mention.author.empty() ? mention.id : mention.author;
    arrival.author = mix(hash_text(name) + source, hash_step);
    arrival.step = step_of(std::min(mention.at, t.stats.now));
    arrival.weight = std::clamp(mention.weight, 0.0, weight_max);
    arrival.source = source;
  }
  return size;
}

// A guess, made before the mentions in front are counted; nothing but memory depends on it.
void MentionCounter::expect_records(Arrival& arrival) const {
  const std::span<const Token> tokens = arrival.keys->list();
  std::size_t known = 0;
  std::size_t others = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Admission::Link link = tables_.admission.link_of(tokens[i].hash);
    arrival.known[known] = {
        .record = link.record, .slot = link.slot, .token = static_cast<std::uint8_t>(i)};
    arrival.others[others] = static_cast<std::uint8_t>(i);
    known += static_cast<std::size_t>(link.linked);
    others += static_cast<std::size_t>(!link.linked);
  }
  arrival.known_count = known;
  arrival.other_count = others;
  for (std::size_t i = 0; i < known; ++i) tables_.tracked.prefetch(arrival.known[i].record);
}

void MentionCounter::expect_authors(const Arrival& arrival) const {
  const AuthorPrint print = author_print(arrival.author);
  for (std::size_t i = 0; i < arrival.known_count; ++i)
    tables_.tracked.prefetch_author(arrival.known[i].record, print);
}

inline void MentionCounter::touch(std::uint32_t number, const Arrival& arrival) {
  Record& record = tables_.tracked[number];
  const Step step = arrival.step;
  if (step > record.step) tables_.tracked.settle(number, step, tables_.half_life);
  const double authors = arrival.mention->author.empty()
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

void MentionCounter::count(Arrival& arrival) {
  Tables& t = tables_;
  if (arrival.id_print != 0) {
    std::uint64_t& place = t.recent_ids[arrival.id_print >> 8 & (t.recent_ids.size() - 1)];
    if (std::exchange(place, arrival.id_print) == arrival.id_print) {
      ++t.stats.repeated;
      return;
    }
  }
  ++t.stats.mentions;
  if (arrival.mention->at > t.stats.now) ++t.stats.future;
  t.stream.count(arrival.step, arrival.author);
  Rising rising;
  std::size_t rising_count = 0;
  const auto epoch = static_cast<std::uint16_t>(arrival.step / t.epoch_steps);
  count_known(arrival, epoch, rising, rising_count);
  count_others(arrival, epoch, rising, rising_count);
  keep_evidence(arrival, {rising.data(), rising_count});
}

// Keys with records. Which of them look at the author cannot be foretold either.
void MentionCounter::count_known(Arrival& arrival, std::uint16_t epoch, Rising& rising,
                                 std::size_t& rising_count) {
  Tables& t = tables_;
  const Token* const tokens = arrival.keys->tokens.data();
  const AuthorPrint print = author_print(arrival.author);
  const bool has_author = !arrival.mention->author.empty();
  const auto posts = static_cast<float>(arrival.weight);
  std::array<std::uint32_t, PostKeys::tokens_max + 1> asked;
  std::size_t asked_count = 0;
  for (std::size_t i = 0; i < arrival.known_count; ++i) {
    const Known known = arrival.known[i];
    const std::uint64_t key = tokens[known.token].hash;
    if (!t.admission.follow(key, known.record, known.slot, epoch)) [[unlikely]] {
      arrival.others[arrival.other_count++] = known.token;
      continue;
    }
    Record& record = t.tracked[known.record];
    if (record.key != key) continue;  // another one of the same print
    if (!has_author || !record.dirty || record.step != arrival.step) [[unlikely]] {
      touch(known.record, arrival);
    } else {
      record.posts += posts;
      ++record.uses;
      asked[asked_count] = known.record;
      asked_count += static_cast<std::size_t>(is_sampled(print, record.author_level));
    }
    rising[rising_count] = record.evidence - 1;
    rising_count += static_cast<std::size_t>(record.evidence != 0);
  }
  for (std::size_t i = 0; i < asked_count; ++i)
    t.tracked[asked[i]].authors += static_cast<float>(t.tracked.add_author(asked[i], print));
}

void MentionCounter::count_others(Arrival& arrival, std::uint16_t epoch, Rising& rising,
                                  std::size_t& rising_count) {
  for (std::size_t i = 0; i < arrival.other_count; ++i) {
    const Token& token = arrival.keys->tokens[arrival.others[i]];
    const std::uint32_t number = look_up(arrival, token, epoch);
    // None, or that of another key of the same print.
    if (number == Tracked::none || tables_.tracked[number].key != token.hash) continue;
    touch(number, arrival);
    const Record& record = tables_.tracked[number];
    rising[rising_count] = record.evidence - 1;
    rising_count += static_cast<std::size_t>(record.evidence != 0);
  }
}

// The background is too large for a cache: what it learns waits until its lines are there.
void MentionCounter::forget(const Admission::Forgotten& key, Step step) {
  tables_.background.prefetch(key.place);
  forgotten_.push_back({.place = key.place,
                        .authors = static_cast<double>(key.authors),
                        .half_hour = half_hour_of(step)});
}

void MentionCounter::settle_forgotten() {
  for (const Forgotten& key : forgotten_)
    tables_.background.add(key.place, key.authors, key.half_hour);
  forgotten_.clear();
}

// The record of a key, an old or a new one, if it deserves one.
std::uint32_t MentionCounter::look_up(const Arrival& arrival, const Token& token,
                                      std::uint16_t epoch) {
  Tables& t = tables_;
  const double weight = arrival.mention->author.empty() ? arrival.weight : 1;
  const auto seen = t.admission.see(token.hash, author_print(arrival.author), weight, epoch);
  if (seen.forgotten.authors > 0) forget(seen.forgotten, arrival.step);
  return seen.admitted ? make_record(*arrival.keys, token, seen, arrival.step, epoch) : seen.record;
}

// A record for a key that enough authors use; one that lost its link is found again.
std::uint32_t MentionCounter::make_record(const PostKeys& keys, const Token& token,
                                          const Admission::Seen& seen, Step step,
                                          std::uint16_t epoch) {
  Tables& t = tables_;
  std::uint32_t number = t.tracked.find(token.hash);
  if (number == Tracked::none) {
    settle_forgotten();
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
    number = t.tracked.create(token.hash, token.kind,
                              {.topic = keys.topic(token), .label = keys.spelling(token)});
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

void MentionCounter::keep_evidence(const Arrival& arrival, std::span<const std::uint32_t> rising) {
  Tables& t = tables_;
  const MentionView& mention = *arrival.mention;
  const std::span<const Token> tokens = arrival.keys->list();
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
