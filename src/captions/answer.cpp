#include "captions/answer.h"

#include "base/text.h"

namespace captions {
namespace {

constexpr std::size_t said_max = 32UL * 1024;

std::string without_fences(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : base::split(text, '\n')) {
    if (!base::trim(line).starts_with("```")) lines.emplace_back(line);
  }
  return base::join(lines, "\n");
}

std::string_view without_quotes(std::string_view text) {
  for (const auto& [open, close] :
       {std::pair{"\"", "\""}, {"“", "”"}, {"„", "“"}, {"«", "»"}, {"'", "'"}}) {
    const std::string_view first(open);
    const std::string_view last(close);
    if (text.size() > first.size() + last.size() && text.starts_with(first) &&
        text.ends_with(last)) {
      return base::trim(text.substr(first.size(), text.size() - first.size() - last.size()));
    }
  }
  return text;
}

// "example.org/x" and "www.example.org" are links to readers and to some networks.
bool looks_like_link(std::string_view word) {
  const std::string lower = base::to_lower_ascii(word);
  if (lower.contains("://") || lower.starts_with("www.")) return true;
  const std::size_t slash = lower.find('/');
  const std::size_t dot = lower.find('.');
  return dot != std::string::npos && dot > 0 && slash != std::string::npos && dot < slash;
}

std::string_view without_edges(std::string_view word) {
  constexpr std::string_view edges = "()[]{}<>.,;:!?\"'*_";
  const std::size_t begin = std::min(word.find_first_not_of(edges), word.size());
  const std::size_t end = word.find_last_not_of(edges);
  return end == std::string_view::npos ? "" : word.substr(begin, end + 1 - begin);
}

std::string_view without_last_slash(std::string_view link) {
  if (link.ends_with('/')) link.remove_suffix(1);
  return link;
}

class Allowed {
 public:
  Allowed(const TrendEvidence& evidence, const CaptionRequest& request) {
    for (const std::string& link : evidence.links) add(link);
    if (looks_like_link(evidence.label)) add(evidence.label);
    add_words(request.instructions);
  }

  bool link(std::string_view word) const {
    return links_.contains(std::string(without_last_slash(without_edges(word))));
  }
  bool mention(std::string_view word) const { return mentions_.contains(std::string(word)); }

 private:
  void add(std::string_view link) { links_.emplace(without_last_slash(link)); }

  void add_words(std::string_view text) {
    std::string spaced(text);
    std::ranges::replace(spaced, '\n', ' ');
    for (const std::string_view word : base::split(spaced, ' ')) {
      const std::string_view core = without_edges(word);
      if (looks_like_link(core)) add(core);
      if (core.starts_with('@')) mentions_.emplace(core);
    }
  }

  std::set<std::string> links_;
  std::set<std::string> mentions_;
};

struct Changes {
  bool links = false;
  bool mentions = false;
};

std::string sift_word(std::string_view word, const Allowed& allowed, Changes& changes) {
  if (looks_like_link(without_edges(word))) {
    if (allowed.link(word)) return std::string(word);
    changes.links = true;
    return {};
  }
  if (!word.contains('@') || allowed.mention(without_edges(word))) return std::string(word);
  changes.mentions = true;
  std::string silent(word);
  std::erase(silent, '@');
  return silent;
}

std::string sift(std::string_view text, const Allowed& allowed, Changes& changes) {
  std::vector<std::string> lines;
  for (const std::string_view line : base::split(text, '\n')) {
    std::vector<std::string> words;
    for (const std::string_view word : base::split(line, ' ')) {
      std::string kept = sift_word(word, allowed, changes);
      if (!kept.empty()) words.push_back(std::move(kept));
    }
    // One empty line separates paragraphs; more are noise.
    const bool noise = words.empty() && (lines.empty() || lines.back().empty());
    if (!noise) lines.push_back(base::join(words, " "));
  }
  return std::string(base::trim(base::join(lines, "\n")));
}

}  // namespace

std::optional<Caption> accept_answer(std::string_view said, const TrendEvidence& evidence,
                                     const CaptionRequest& request, const Room& room) {
  std::string clean = base::clean_utf8(said.substr(0, said_max));
  std::ranges::replace(clean, '\t', ' ');
  Changes changes;
  const std::string unfenced = without_fences(clean);
  const std::string sifted =
      sift(without_quotes(base::trim(unfenced)), Allowed(evidence, request), changes);
  Caption caption{
      .text = room.cut(sifted), .hashtags = {}, .offline = false, .model = "", .note = ""};
  if (base::trim(caption.text).empty()) return std::nullopt;
  if (caption.text != sifted) caption.note += "It was too long and was cut. ";
  if (changes.links) caption.note += "A link that the evidence does not hold was taken out. ";
  if (changes.mentions) caption.note += "Mentions of people were taken out. ";
  caption.note = std::string(base::trim(caption.note));
  caption.hashtags = hashtags_of(caption.text);
  return caption;
}

}  // namespace captions
