#include "captions/evidence.h"

#include "base/text.h"

namespace captions {
namespace {

constexpr std::size_t label_max = 100;
constexpr std::size_t term_max = 40;
constexpr std::size_t sample_max = 300;
constexpr std::size_t url_max = 500;

bool has_meaning_elsewhere(char c) { return std::string_view("<>[]{}|`\\\"").contains(c); }

std::vector<std::string> tidy_lines(std::vector<std::string> lines, std::size_t count_max,
                                    std::size_t graphemes_max) {
  std::vector<std::string> tidied;
  for (const std::string& line : lines) {
    if (tidied.size() == count_max) break;
    std::string text = tidy_line(line, graphemes_max);
    const bool new_one = std::ranges::find(tidied, text) == tidied.end();
    if (!text.empty() && new_one) tidied.push_back(std::move(text));
  }
  return tidied;
}

// Only what is a link as a whole, as it stands.
std::vector<std::string> tidy_links(const std::vector<std::string>& links) {
  std::vector<std::string> tidied;
  for (const std::string& link : links) {
    if (tidied.size() == 5) break;
    const std::vector<base::Span> urls = base::find_urls(link);
    const bool whole = urls.size() == 1 && urls[0].begin == 0 && urls[0].end == link.size();
    if (whole && link.size() <= url_max && tidy_line(link, url_max) == link) tidied.push_back(link);
  }
  return tidied;
}

}  // namespace

std::string tidy_line(std::string_view text, std::size_t graphemes_max) {
  // Enough bytes for the longest text that can be kept; what follows is never looked at.
  std::string clean = base::clean_utf8(text.substr(0, 16 * graphemes_max));
  std::string line;
  for (const char c : clean) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || has_meaning_elsewhere(c);
    if (!space) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return base::truncate_graphemes(base::trim(line), graphemes_max);
}

TrendEvidence tidy(TrendEvidence evidence) {
  evidence.label = tidy_line(evidence.label, label_max);
  std::erase_if(evidence.terms, [](const std::string& term) { return term.contains('@'); });
  evidence.terms = tidy_lines(std::move(evidence.terms), 8, term_max);
  evidence.sources = tidy_lines(std::move(evidence.sources), 5, term_max);
  evidence.languages = tidy_lines(std::move(evidence.languages), 5, 35);
  evidence.samples = tidy_lines(std::move(evidence.samples), 5, sample_max);
  evidence.links = tidy_links(evidence.links);
  return evidence;
}

}  // namespace captions
