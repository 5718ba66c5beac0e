#include "trends/lens.h"

#include "base/json.h"
#include "base/text.h"
#include "trends/vulgar_words.h"

#include <algorithm>

#include <fmt/format.h>

namespace trends {
namespace {

constexpr double spoken_share = 0.2;         // a language that counts
constexpr std::size_t vulgar_terms_max = 2;  // so many co-terms make a trend vulgar too

std::vector<std::string> texts_in(const json::object& stored, std::string_view key) {
  std::vector<std::string> texts;
  const json::value* list = stored.if_contains(key);
  if (list == nullptr || !list->is_array()) return texts;
  for (const json::value& text : list->get_array()) {
    if (text.is_string()) texts.emplace_back(text.get_string());
  }
  return texts;
}

// Every way that it is called, folded.
std::vector<std::string> names_in(const json::object& stored) {
  std::vector<std::string> names = texts_in(stored, "aliases");
  for (const auto* key : {"/topic", "/label"}) {
    if (auto name = base::text_at(json::value(stored), key); !name.empty()) names.push_back(name);
  }
  for (std::string& name : names) name = base::fold(name);
  return names;
}

// Words of a name in blanks: " time warner ".
std::string in_blanks(std::string_view name) {
  std::string words = " ";
  for (const char c : name) words += c == '#' || c == '$' ? ' ' : c;
  return words + " ";
}

bool is_called(const std::string& name, const std::string& topic) {
  return bare_name(name) == bare_name(topic) ||
         in_blanks(name).find(in_blanks(topic)) != std::string::npos;
}

// "example.org" of "https://user@www.example.org:8080/a" and of "example.org/a".
std::string host_in(std::string_view link) {
  if (const auto scheme = link.find("://"); scheme != std::string_view::npos) {
    link.remove_prefix(scheme + 3);
  }
  link = link.substr(0, link.find_first_of("/?#"));
  if (const auto at = link.rfind('@'); at != std::string_view::npos) link.remove_prefix(at + 1);
  link = link.substr(0, link.find(':'));
  if (link.starts_with("www.")) link.remove_prefix(4);
  return link.find('.') == std::string_view::npos ? "" : base::fold(link);
}

// The entry for a host that says most about it: the host itself or what it is a part of.
std::size_t depth_of(const std::set<std::string, std::less<>>& domains, std::string_view host) {
  for (std::string_view part = host; !part.empty();) {
    if (domains.contains(part)) return part.size();
    const auto dot = part.find('.');
    part = dot == std::string_view::npos ? "" : part.substr(dot + 1);
  }
  return 0;
}

std::vector<std::string> languages_of(const json::object& stored) {
  std::vector<std::string> languages;
  const json::value* list = stored.if_contains("languages");
  if (list == nullptr || !list->is_array()) return languages;
  for (const json::value& each : list->get_array()) {
    const json::value* share = base::find(each, "/share");
    const bool spoken =
        share != nullptr && share->is_number() && share->to_number<double>() >= spoken_share;
    if (spoken) languages.push_back(base::text_at(each, "/id"));
  }
  return languages;
}

// Tags are English in every language.
bool has_vulgar_word(const std::string& name, const std::vector<std::string>& languages) {
  const auto vulgar = [&](std::string_view word) {
    const bool in_some = std::ranges::any_of(
        languages, [&](const std::string& language) { return is_vulgar(word, language); });
    return in_some || ((languages.empty() || name.starts_with('#')) && is_vulgar(word, "en"));
  };
  const std::string words = in_blanks(name);
  return vulgar(base::trim(words)) || std::ranges::any_of(base::split(words, ' '), vulgar);
}

bool is_adult(const json::object& stored) {
  std::vector<std::string> languages = languages_of(stored);
  std::erase(languages, "unknown");
  const auto vulgar = [&](const std::string& name) {
    return has_vulgar_word(base::fold(name), languages);
  };
  if (std::ranges::any_of(names_in(stored), vulgar)) return true;
  const auto terms = texts_in(stored, "terms");
  return std::ranges::count_if(terms, vulgar) >= static_cast<std::ptrdiff_t>(vulgar_terms_max);
}

}  // namespace

std::string folded_value(FilterEntry::Kind kind, std::string_view value) {
  const std::string folded = base::fold(base::trim(value));
  switch (kind) {
    case FilterEntry::Kind::topic:
      return bare_name(folded).empty() ? "" : folded;
    case FilterEntry::Kind::author:
      return folded.starts_with('@') ? folded.substr(1) : folded;
    case FilterEntry::Kind::domain:
      return host_in(folded);
  }
  return "";
}

Lens::Lens(Filters filters) : filters_(std::move(filters)) {
  fingerprint_ =
      fmt::format("{:d}{:d}{}", filters_.hide_adult, filters_.hide_flagged, filters_.min_authors);
  for (const FilterEntry& entry : filters_.entries) {
    Entries& entries = entry.list == FilterEntry::List::block ? blocked_ : allowed_;
    if (entry.kind == FilterEntry::Kind::topic) entries.topics.push_back(entry.folded);
    if (entry.kind == FilterEntry::Kind::author) entries.authors.insert(entry.folded);
    if (entry.kind == FilterEntry::Kind::domain) entries.domains.insert(entry.folded);
    fingerprint_ += fmt::format("\n{:d}{:d}{}", static_cast<int>(entry.list),
                                static_cast<int>(entry.kind), entry.folded);
  }
}

bool Lens::hides(const json::object& stored) const {
  if (names(allowed_, stored)) return false;
  const json::value* authors = stored.if_contains("authors");
  const double voices =
      authors != nullptr && authors->is_number() ? authors->to_number<double>() : 0;
  if (voices < static_cast<double>(filters_.min_authors)) return true;
  if (filters_.hide_flagged && base::boolean_at(json::value(stored), "/coordinated")) return true;
  if (names(blocked_, stored) || mostly_blocked(stored)) return true;
  return filters_.hide_adult && is_adult(stored);
}

// It is called like one of the topics, or is a link to one of the domains.
bool Lens::names(const Entries& entries, const json::object& stored) const {
  if (entries.topics.empty() && entries.domains.empty()) return false;
  const std::vector<std::string> all = names_in(stored);
  for (const std::string& name : all) {
    for (const std::string& topic : entries.topics) {
      if (is_called(name, topic)) return true;
    }
  }
  if (base::text_at(json::value(stored), "/kind") != "link") return false;
  const std::string host = host_in(base::text_at(json::value(stored), "/topic"));
  const std::size_t depth = depth_of(entries.domains, host);
  const Entries& others = &entries == &blocked_ ? allowed_ : blocked_;
  return depth > 0 && depth >= depth_of(others.domains, host);
}

bool Lens::blocks(const json::object& sample) const {
  const json::value value(sample);
  const std::string author =
      folded_value(FilterEntry::Kind::author, base::text_at(value, "/author"));
  if (allowed_.authors.contains(author)) return false;
  if (blocked_.authors.contains(author)) return true;
  std::vector<std::string> hosts{host_in(base::text_at(value, "/url"))};
  const std::string text = base::text_at(value, "/text");
  for (const base::Span& url : base::find_urls(text)) {
    hosts.push_back(host_in(std::string_view(text).substr(url.begin, url.end - url.begin)));
  }
  return std::ranges::any_of(hosts, [&](const std::string& host) {
    return depth_of(blocked_.domains, host) > depth_of(allowed_.domains, host);
  });
}

bool Lens::mostly_blocked(const json::object& stored) const {
  if (blocked_.authors.empty() && blocked_.domains.empty()) return false;
  const json::value* samples = stored.if_contains("samples");
  if (samples == nullptr || !samples->is_array()) return false;
  const auto count = std::ranges::count_if(samples->get_array(), [&](const json::value& sample) {
    return sample.is_object() && blocks(sample.get_object());
  });
  return static_cast<std::size_t>(2 * count) > samples->get_array().size();
}

json::object Lens::cleaned(json::object stored) const {
  if (blocked_.authors.empty() && blocked_.domains.empty()) return stored;
  json::value* samples = stored.if_contains("samples");
  if (samples == nullptr || !samples->is_array()) return stored;
  json::array left;
  for (const json::value& sample : samples->get_array()) {
    if (!sample.is_object() || !blocks(sample.get_object())) left.push_back(sample);
  }
  *samples = std::move(left);
  return stored;
}

}  // namespace trends
