#include "trends/intake.h"

#include "base/text.h"

#include <cmath>

namespace trends {
namespace {

constexpr std::size_t text_max = 10'000;
constexpr std::size_t id_max = 300;
constexpr std::size_t author_max = 300;
constexpr std::size_t tag_max = 140;
constexpr std::size_t tags_max = 30;
constexpr std::size_t link_max = 2048;
constexpr std::size_t links_max = 20;
constexpr double weight_max = 1e6;

// At most `max` bytes, cut between characters.
std::string_view cut(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) --max;
  return text.substr(0, max);
}

std::string clean(std::string_view text, std::size_t max) {
  // Cleaning can make bytes longer (a bad byte becomes three), so it is cut once more.
  const std::string cleaned = base::clean_utf8(cut(text, max));
  return std::string(cut(cleaned, max));
}

bool is_control_or_space(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; }

bool is_web_link(std::string_view link) {
  const bool web = link.starts_with("https://") || link.starts_with("http://");
  return web && link.size() <= link_max && base::is_utf8(link) &&
         std::ranges::none_of(link, [](char c) {
           return is_control_or_space(c) || c == '"' || c == '<' || c == '>' || c == '\\';
         });
}

void clean_tags(std::vector<std::string>& tags) {
  for (std::string& tag : tags) {
    tag = clean(base::trim(tag), tag_max + 1);
    if (tag.starts_with('#')) tag.erase(0, 1);
  }
  std::erase_if(tags, [](const std::string& tag) {
    return tag.empty() || tag.size() > tag_max || std::ranges::any_of(tag, is_control_or_space);
  });
  if (tags.size() > tags_max) tags.resize(tags_max);
}

std::string primary_language(std::string_view tag) {
  tag = tag.substr(0, tag.find_first_of("-_"));
  const bool letters = std::ranges::all_of(
      tag, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  if (!letters || tag.size() < 2 || tag.size() > 3) return "";
  const std::string language = base::to_lower_ascii(tag);
  return language == "und" ? "" : language;
}

}  // namespace

bool make_fit(Mention& mention, base::Instant now, bool keep_time) {
  if (mention.id.empty() || mention.id.size() > id_max) return false;
  if (!std::isfinite(mention.weight) || mention.weight <= 0) return false;
  mention.weight = std::min(mention.weight, weight_max);
  mention.id = base::clean_utf8(mention.id);
  mention.author = clean(mention.author, author_max);
  mention.text = clean(mention.text, text_max);
  mention.language = primary_language(mention.language);
  clean_tags(mention.tags);
  std::erase_if(mention.links, [](const std::string& link) { return !is_web_link(link); });
  if (mention.links.size() > links_max) mention.links.resize(links_max);
  if (!is_web_link(mention.url)) mention.url.clear();
  if (!keep_time) mention.at = std::min(mention.at, now);
  return !mention.text.empty() || !mention.tags.empty() || !mention.links.empty();
}

bool RecentIds::contains(std::string_view id) {
  const auto hash = std::hash<std::string_view>{}(id);
  if (current_.contains(hash)) return true;
  if (!previous_.contains(hash)) return false;
  add_hash(hash);
  return true;
}

void RecentIds::add(std::string_view id) { add_hash(std::hash<std::string_view>{}(id)); }

void RecentIds::add_hash(std::uint64_t hash) {
  if (current_.size() >= generation_max_) previous_ = std::exchange(current_, {});
  current_.insert(hash);
}

}  // namespace trends
