#include "captions/offline.h"

#include "base/text.h"
#include "captions/phrases.h"

#include <cmath>

namespace captions {
namespace {

constexpr std::size_t hashtags_max = 4;
constexpr std::size_t terms_max = 4;

template <class... Args>
std::string fill(std::string_view phrase, const Args&... args) {
  return fmt::format(fmt::runtime(phrase), args...);
}

// The pieces of a caption in the order in which they stand.
struct Pieces {
  std::string opening;
  std::string authors;
  std::string rise;
  std::string terms;
  std::string sources;
  std::string closing;
  std::vector<std::string> hashtags;
};

std::string authors_sentence(const Phrases& phrases, const TrendEvidence& evidence) {
  const auto authors = std::llround(std::clamp(evidence.authors, 0.0, 1e12));
  if (authors < 2) return {};
  const auto ratio = std::llround(std::clamp(evidence.ratio, 0.0, 1e9));
  if (ratio < 2) return fill(phrases.authors, authors);
  return fill(phrases.authors_and_ratio, authors, ratio);
}

std::string rise_sentence(const Phrases& phrases, const TrendEvidence& evidence,
                          base::Instant now) {
  if (!evidence.since || *evidence.since >= now) return {};
  const auto minutes =
      std::chrono::duration_cast<std::chrono::minutes>(now - *evidence.since).count();
  if (minutes < 2) return {};
  if (minutes < 120) return fill(phrases.minutes, minutes);
  if (minutes < 48 * 60) return fill(phrases.hours, minutes / 60);
  return fill(phrases.days, minutes / (24 * 60));
}

std::string terms_sentence(const Phrases& phrases, const TrendEvidence& evidence) {
  std::vector<std::string> plain;
  for (const std::string& term : evidence.terms) {
    if (!term.starts_with('#') && plain.size() < terms_max) plain.push_back(term);
  }
  return plain.empty() ? "" : fill(phrases.terms, base::join(plain, ", "));
}

std::vector<std::string> hashtags_for(const TrendEvidence& evidence) {
  std::vector<std::string> tags;
  std::vector<std::string> seen;
  if (evidence.label.starts_with('#')) seen.push_back(base::fold(evidence.label));
  const auto add = [&](std::string tag) {
    std::string folded = base::fold(tag);
    if (tag.empty() || tags.size() == hashtags_max) return;
    if (std::ranges::find(seen, folded) != seen.end()) return;
    seen.push_back(std::move(folded));
    tags.push_back(std::move(tag));
  };
  add(as_hashtag(evidence.label));
  for (const std::string& term : evidence.terms) {
    if (term.starts_with('#')) add(as_hashtag(term));
  }
  return tags;
}

Pieces make_pieces(const TrendEvidence& evidence, const Phrases& phrases, Tone tone,
                   base::Instant now) {
  const auto index = static_cast<std::size_t>(tone);
  Pieces pieces;
  pieces.closing = phrases.closing.at(index);
  pieces.hashtags = hashtags_for(evidence);
  if (!evidence.observed) {
    pieces.opening = fill(phrases.topic.at(index), evidence.label);
    return pieces;
  }
  pieces.opening = fill(phrases.rising.at(index), evidence.label);
  pieces.authors = authors_sentence(phrases, evidence);
  pieces.rise = rise_sentence(phrases, evidence, now);
  pieces.terms = terms_sentence(phrases, evidence);
  if (!evidence.sources.empty()) {
    pieces.sources = fill(phrases.sources, base::join(evidence.sources, ", "));
  }
  return pieces;
}

std::string assemble(const Pieces& pieces) {
  std::string text;
  for (const std::string* piece : {&pieces.opening, &pieces.authors, &pieces.rise, &pieces.terms,
                                   &pieces.sources, &pieces.closing}) {
    if (piece->empty()) continue;
    if (!text.empty()) text += ' ';
    text += *piece;
  }
  if (!pieces.hashtags.empty()) text += "\n\n" + base::join(pieces.hashtags, " ");
  return text;
}

// Leaves out what tells least until the rest fits.
std::string fit(Pieces pieces, const Room& room) {
  for (std::string* piece : {&pieces.sources, &pieces.rise, &pieces.closing, &pieces.authors}) {
    if (room.fits(assemble(pieces))) return assemble(pieces);
    piece->clear();
  }
  while (!pieces.hashtags.empty() && !room.fits(assemble(pieces))) pieces.hashtags.pop_back();
  if (!room.fits(assemble(pieces))) pieces.terms.clear();
  return room.cut(assemble(pieces));
}

std::string wanted_language(const TrendEvidence& evidence, const CaptionRequest& request) {
  if (!request.language.empty()) return request.language;
  return evidence.languages.empty() ? "en" : evidence.languages.front();
}

}  // namespace

std::string as_hashtag(std::string_view text) {
  std::string tag = "#";
  bool begin = true;
  const bool is_tag = text.starts_with('#');
  for (const char c : is_tag ? text.substr(1) : text) {
    if (c == ' ' || c == '-' || c == '\'') {
      begin = true;
      continue;
    }
    tag += begin && !is_tag && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    begin = false;
  }
  const std::vector<base::Span> found = base::find_hashtags(tag);
  const bool whole = found.size() == 1 && found[0].begin == 0 && found[0].end == tag.size();
  return whole ? tag : "";
}

Caption compose_offline(const TrendEvidence& evidence, const CaptionRequest& request,
                        const Room& room, base::Instant now, std::string_view reason) {
  const std::string language = wanted_language(evidence, request);
  const Phrases* phrases = phrases_for(language);
  std::string note =
      fmt::format("{} Composed offline from {}.", reason,
                  evidence.observed ? "the trend's evidence alone" : "the topic alone");
  if (phrases == nullptr) {
    phrases = &english();
    note += fmt::format(" The offline composer writes {}; this is English.", phrase_languages());
  }
  if (!request.instructions.empty()) note += " Your instructions need a language model.";
  Caption caption{.text = fit(make_pieces(evidence, *phrases, request.tone, now), room),
                  .hashtags = {},
                  .offline = true,
                  .model = "",
                  .note = std::string(base::trim(note))};
  caption.hashtags = hashtags_of(caption.text);
  return caption;
}

}  // namespace captions
