#include "topics/matcher.h"

#include "base/text.h"
#include "topics/words.h"

#include <algorithm>
#include <map>

namespace topics {
namespace {

std::string name_key(std::string_view name) {
  name = base::trim(name);
  if (name.starts_with('@')) name.remove_prefix(1);
  return base::fold(name);
}

// "example.org" of "https://www.example.org:8080/a"; empty when there is none.
std::string_view host_of(std::string_view link) {
  const std::size_t scheme = link.find("://");
  if (scheme != std::string_view::npos) link.remove_prefix(scheme + 3);
  link = link.substr(0, link.find_first_of("/?#"));
  if (const auto at = link.rfind('@'); at != std::string_view::npos) link.remove_prefix(at + 1);
  return link.substr(0, link.find(':'));
}

bool among(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

Seen seen_of(std::string_view source, const trends::Mention& mention) {
  Seen seen{.texts = {mention.text},
            .author = mention.author,
            .language = mention.language,
            .source = source};
  seen.texts.insert(seen.texts.end(), mention.tags.begin(), mention.tags.end());
  seen.links.assign(mention.links.begin(), mention.links.end());
  return seen;
}

Matcher::Matcher(std::vector<std::pair<std::string, Interest>> lists) : lists_(std::move(lists)) {
  for (std::uint32_t list = 0; list < lists_.size(); ++list) add_list(list, lists_[list].second);
  for (const auto& [text, id] : keywords_) {
    if (text.starts_with(' ')) {
      phrases_.add(text, id);
    } else {
      unspaced_.add(text, id);
    }
  }
  for (const auto& [pattern, id] : regexes_) expressions_.add(pattern, id);
  phrases_.build();
  unspaced_.build();
  expressions_.build();
}

void Matcher::add(Known& known, std::string key, const std::string& written, Owner owner) {
  const auto [entry, fresh] =
      known.try_emplace(std::move(key), static_cast<std::uint32_t>(patterns_.size()));
  if (fresh) patterns_.push_back({.written = written, .owners = {}});
  patterns_[entry->second].owners.push_back(owner);
}

void Matcher::add_list(std::uint32_t list, const Interest& interest) {
  const auto add_keywords = [&](const std::vector<std::string>& words, bool excludes) {
    for (const std::string& word : words) {
      std::string key = folded_keyword(word);
      if (key.size() < Substrings::piece_min) continue;
      add(keywords_, std::move(key), word, {.list = list, .excludes = excludes});
    }
  };
  const auto add_patterns = [&](const std::vector<std::string>& patterns, bool excludes) {
    for (const std::string& pattern : patterns) {
      add(regexes_, pattern, pattern, {.list = list, .excludes = excludes});
    }
  };
  add_keywords(interest.keywords, false);
  add_keywords(interest.exclude, true);
  add_patterns(interest.patterns, false);
  add_patterns(interest.exclude_patterns, true);
  for (const std::string& author : interest.authors) {
    add(authors_, name_key(author), author, {.list = list});
  }
  for (const std::string& domain : interest.domains) {
    add(domains_, base::fold(domain), domain, {.list = list});
  }
}

// The host and each domain that it is in.
void Matcher::find_domain(std::string_view host, std::vector<std::uint32_t>& found) const {
  const std::string folded = base::fold(host);
  for (std::string_view rest = folded; !rest.empty();) {
    if (const auto known = domains_.find(std::string(rest)); known != domains_.end()) {
      found.push_back(known->second);
    }
    const std::size_t dot = rest.find('.');
    if (dot == std::string_view::npos) return;
    rest.remove_prefix(dot + 1);
  }
}

void Matcher::find_names(const Seen& seen, std::vector<std::uint32_t>& found) const {
  if (!authors_.empty() && !seen.author.empty()) {
    const auto known = authors_.find(name_key(seen.author));
    if (known != authors_.end()) found.push_back(known->second);
  }
  if (domains_.empty()) return;
  for (const std::string_view link : seen.links) find_domain(host_of(link), found);
  // "ada@social.example", as servers name people.
  if (const auto at = seen.author.rfind('@'); at != std::string_view::npos && at > 0) {
    find_domain(seen.author.substr(at + 1), found);
  }
}

bool Matcher::allows(const Interest& interest, const Seen& seen) const {
  const bool language = interest.languages.empty() || seen.language.empty() ||
                        among(interest.languages, seen.language);
  const bool source =
      interest.sources.empty() || seen.source.empty() || among(interest.sources, seen.source);
  return language && source;
}

std::vector<Matcher::Hit> Matcher::match_all(const Seen& seen) const {
  std::vector<std::uint32_t> found;
  for (const std::string_view text : seen.texts) {
    if (!keywords_.empty()) {
      const std::string folded = folded_words(text);
      phrases_.find(folded, found);
      unspaced_.find(folded, found);
    }
    expressions_.find(text, found);
  }
  find_names(seen, found);
  if (found.empty()) return {};
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  std::map<std::uint32_t, Hit> hits;
  for (const std::uint32_t id : found) {
    for (const Owner& owner : patterns_[id].owners) {
      Hit& hit = hits.try_emplace(owner.list, Hit{.list = owner.list}).first->second;
      std::string_view& by = owner.excludes ? hit.unless : hit.by;
      if (by.empty()) by = patterns_[id].written;
    }
  }
  std::vector<Hit> all;
  for (const auto& [list, hit] : hits) {
    if (!hit.by.empty() && allows(lists_[list].second, seen)) all.push_back(hit);
  }
  return all;
}

std::vector<Matcher::Hit> Matcher::match(const Seen& seen) const {
  std::vector<Hit> hits = match_all(seen);
  std::erase_if(hits, [](const Hit& hit) { return !hit.unless.empty(); });
  return hits;
}

}  // namespace topics
