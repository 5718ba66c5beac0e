#include "networks/wordpress/article.h"

#include "base/text.h"

namespace networks::wordpress {
namespace {

constexpr std::size_t title_max = 120;
constexpr std::size_t short_title_max = 80;
constexpr std::size_t slug_words_max = 50;
constexpr std::size_t slug_key_length = 16;

// Brackets would be read as shortcodes.
std::string html(std::string_view plain) {
  std::string out;
  for (const char c : base::escape_html(plain)) {
    if (c == '[') {
      out += "&#91;";
    } else if (c == '\n') {
      out += "<br>";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

// Links that readers can follow; WordPress does not make them by itself.
std::string linked(std::string_view plain) {
  std::string out;
  std::size_t at = 0;
  for (const auto& url : base::find_urls(plain)) {
    const auto address = html(plain.substr(url.begin, url.end - url.begin));
    out +=
        html(plain.substr(at, url.begin - at)) + "<a href=\"" + address + "\">" + address + "</a>";
    at = url.end;
  }
  return out + html(plain.substr(at));
}

std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto gap = std::min(text.find("\n\n"), text.size());
    if (const auto paragraph = base::trim(text.substr(0, gap)); !paragraph.empty())
      out += "<!-- wp:paragraph -->\n<p>" + linked(paragraph) + "</p>\n<!-- /wp:paragraph -->\n";
    text.remove_prefix(std::min(gap + 2, text.size()));
  }
  return out;
}

std::string figure(const Uploaded& media) {
  return fmt::format(
      "<!-- wp:image {{\"id\":{0}}} -->\n<figure class=\"wp-block-image\"><img src=\"{1}\" "
      "alt=\"{2}\" class=\"wp-image-{0}\"/></figure>\n<!-- /wp:image -->\n",
      media.id, html(media.url), html(media.alt_text));
}

// Letters and digits that every server leaves as they are, and enough of the key to be unique.
std::string slug_of(std::string_view title, const std::string& key) {
  std::string slug;
  for (const char c : base::to_lower_ascii(title)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      slug.push_back(c);
    } else if (!slug.empty() && slug.back() != '-') {
      slug.push_back('-');
    }
    if (slug.size() >= slug_words_max) break;
  }
  while (slug.ends_with('-')) slug.pop_back();
  if (slug.empty()) slug = "post";
  return slug + "-" + key.substr(0, slug_key_length);
}

}  // namespace

Article make_article(const Content& content, const std::vector<Uploaded>& media,
                     const std::string& key) {
  const std::string_view text = base::trim(content.parts.front().text);
  const auto end = std::min(text.find('\n'), text.size());
  const auto first = base::trim(text.substr(0, end));
  const bool headed = end < text.size() && base::count_graphemes(first) <= title_max;
  const std::string title =
      headed ? std::string(first) : base::truncate_graphemes(first, short_title_max);
  Article article{.title = html(title), .content = {}, .slug = slug_of(title, key)};
  std::size_t next = 0;
  for (std::size_t i = 0; i < content.parts.size(); ++i) {
    const auto& part = content.parts[i];
    article.content += paragraphs(i == 0 && headed ? base::trim(text.substr(end)) : part.text);
    for (std::size_t n = 0; n < part.media.size() && next < media.size(); ++n)
      article.content += figure(media[next++]);
  }
  return article;
}

}  // namespace networks::wordpress
