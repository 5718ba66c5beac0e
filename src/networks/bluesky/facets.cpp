#include "networks/bluesky/facets.h"

#include "base/text.h"

namespace networks::bluesky {
namespace {

namespace json = boost::json;

constexpr std::size_t tag_graphemes_max = 64;
constexpr std::size_t tag_bytes_max = 640;

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_handle(std::string_view handle) {
  if (handle.size() > 253) return false;
  const auto labels = base::split(handle, '.');
  if (labels.size() < 2) return false;
  for (const auto label : labels) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
  }
  return !(labels.back()[0] >= '0' && labels.back()[0] <= '9');
}

bool inside(const std::vector<base::Span>& spans, std::size_t at) {
  return std::ranges::any_of(spans,
                             [&](const auto& span) { return span.begin <= at && at < span.end; });
}

json::object facet(std::size_t begin, std::size_t end, json::object feature) {
  return {{"index", {{"byteStart", begin}, {"byteEnd", end}}},
          {"features", json::array{std::move(feature)}}};
}

}  // namespace

std::vector<Mention> find_mentions(std::string_view text) {
  const auto urls = base::find_urls(text);
  std::vector<Mention> found;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '@' || inside(urls, i)) continue;
    if (i > 0 && (is_alnum(text[i - 1]) ||
                  std::string_view("._-/@").find(text[i - 1]) != std::string_view::npos)) {
      continue;
    }
    std::size_t end = i + 1;
    while (end < text.size() && (is_alnum(text[end]) || text[end] == '.' || text[end] == '-'))
      ++end;
    while (end > i + 1 && !is_alnum(text[end - 1])) --end;
    // "@user@host" is an address of another network.
    if (end < text.size() && text[end] == '@') continue;
    const auto handle = base::to_lower_ascii(text.substr(i + 1, end - i - 1));
    if (is_handle(handle)) found.push_back({i, end, handle});
  }
  return found;
}

json::array make_facets(std::string_view text, const std::map<std::string, std::string>& known) {
  std::map<std::size_t, json::object> by_begin;
  const auto urls = base::find_urls(text);
  for (const auto& url : urls) {
    by_begin[url.begin] = facet(url.begin, url.end,
                                {{"$type", "app.bsky.richtext.facet#link"},
                                 {"uri", text.substr(url.begin, url.end - url.begin)}});
  }
  for (const auto& tag : base::find_hashtags(text)) {
    const auto name = text.substr(tag.begin + 1, tag.end - tag.begin - 1);
    if (inside(urls, tag.begin) || name.size() > tag_bytes_max ||
        base::count_graphemes(name) > tag_graphemes_max) {
      continue;
    }
    by_begin[tag.begin] =
        facet(tag.begin, tag.end, {{"$type", "app.bsky.richtext.facet#tag"}, {"tag", name}});
  }
  for (const auto& mention : find_mentions(text)) {
    const auto did = known.find(mention.handle);
    if (did == known.end()) continue;
    by_begin[mention.begin] =
        facet(mention.begin, mention.end,
              {{"$type", "app.bsky.richtext.facet#mention"}, {"did", did->second}});
  }
  json::array facets;
  for (auto& [begin, value] : by_begin) facets.push_back(std::move(value));
  return facets;
}

}  // namespace networks::bluesky
