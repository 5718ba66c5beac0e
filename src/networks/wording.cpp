#include "networks/wording.h"

#include "base/text.h"
#include "networks/address.h"
#include "networks/count.h"

#include <algorithm>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace networks {
namespace {

std::string without_mention_hosts(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  for (const auto& mention : find_remote_mentions(text)) {
    out.append(text.substr(at, mention.host - at));
    at = mention.end;
  }
  out.append(text.substr(at));
  return out;
}

// A link without what servers add, drop or write otherwise.
std::string link_form(std::string_view url) {
  std::string link = base::url_decode(url, false);
  const auto scheme = link.find("://");
  if (scheme != std::string::npos) link.erase(0, scheme + 3);
  const auto path = std::min(link.find_first_of("/?#"), link.size());
  link.replace(0, path, base::to_lower_ascii(link.substr(0, path)));
  while (link.ends_with('/')) link.pop_back();
  return base::fold(link);
}

std::string host_of(std::string_view link) {
  return std::string(link.substr(0, link.find_first_of("/?#:")));
}

// The plain form of a quote or dash that some servers make nicer; 0 for everything else.
char plain_mark(std::string_view letter) {
  if (letter == "“" || letter == "”" || letter == "„") return '"';
  if (letter == "‘" || letter == "’" || letter == "‚") return '\'';
  if (letter == "–" || letter == "—") return '-';
  return 0;
}

std::string squeeze(std::string_view text) {
  const auto folded = base::fold(text);
  std::string out;
  for (std::size_t at = 0; at < folded.size(); ++at) {
    const char mark = plain_mark(std::string_view(folded).substr(at, 3));
    if (mark != 0) {
      out.push_back(mark);
      at += 2;
    } else if (static_cast<unsigned char>(folded[at]) > 0x20) {
      out.push_back(folded[at]);
    }
  }
  return out;
}

std::string letters_of(std::string_view folded) {
  std::string out;
  const auto length = static_cast<int32_t>(folded.size());
  for (int32_t at = 0; at < length;) {
    const auto begin = static_cast<std::size_t>(at);
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(reinterpret_cast<const uint8_t*>(folded.data()), at, length, c);
    if (u_isalnum(c) != 0) out.append(folded.substr(begin, static_cast<std::size_t>(at) - begin));
  }
  return out;
}

// Enough of HTML for what servers put into posts: the value of an attribute of a tag.
std::string attribute(std::string_view tag, std::string_view name) {
  for (const char quote : {'"', '\''}) {
    const auto mark = fmt::format(" {}={}", name, quote);
    const auto at = tag.find(mark);
    if (at == std::string_view::npos) continue;
    const auto begin = at + mark.size();
    return base::html_to_text(tag.substr(begin, tag.find(quote, begin) - begin));
  }
  return "";
}

bool is_tag(std::string_view tag, std::string_view name) {
  return base::equals_ignore_case(tag.substr(0, name.size()), name) &&
         (tag.size() == name.size() || std::string_view(" \t\n>/").contains(tag[name.size()]));
}

// Emoji that are shown as pictures come back as their text.
std::string with_emoji(std::string_view html) {
  std::string out;
  for (std::size_t at = 0; at < html.size();) {
    const auto open = std::min(html.find('<', at), html.size());
    out.append(html.substr(at, open - at));
    const auto close = html.find('>', open);
    if (close == std::string_view::npos) {
      out.append(html.substr(open));
      break;
    }
    const auto tag = html.substr(open + 1, close - open - 1);
    if (is_tag(tag, "img")) {
      out += base::escape_html(attribute(tag, "alt"));
    } else {
      out.append(html.substr(open, close + 1 - open));
    }
    at = close + 1;
  }
  return out;
}

// Every link but mentions and hashtags becomes its address.
std::string with_addresses(std::string_view html) {
  std::string out;
  bool closes = true;  // asked once: a page of open links must not cost its square
  for (std::size_t at = 0; at < html.size();) {
    const auto open = html.find('<', at);
    const auto close = html.find('>', std::min(open, html.size()));
    if (open == std::string_view::npos || close == std::string_view::npos) {
      out.append(html.substr(at));
      break;
    }
    out.append(html.substr(at, open - at));
    const auto tag = html.substr(open + 1, close - open - 1);
    at = close + 1;
    const bool is_link = closes && is_tag(tag, "a");
    const auto end = is_link ? html.find("</a", at) : std::string_view::npos;
    if (end == std::string_view::npos) {
      closes = closes && !is_link;
      out.append(html.substr(open, at - open));
      continue;
    }
    const auto inner = html.substr(at, end - at);
    const std::string shown(base::trim(base::html_to_text(inner)));
    const auto address = attribute(tag, "href");
    const bool named = shown.starts_with('@') || shown.starts_with('#') || address.empty();
    out += named ? base::escape_html(shown) : " " + base::escape_html(address) + " ";
    at = std::min(html.find('>', end), html.size() - 1) + 1;
  }
  return out;
}

}  // namespace

Wording wording_of(std::string_view plain) {
  Wording wording;
  std::string with_links;
  std::string without_links;
  std::size_t at = 0;
  for (const auto& url : base::find_urls(plain)) {
    const auto words = without_mention_hosts(plain.substr(at, url.begin - at));
    auto link = link_form(plain.substr(url.begin, url.end - url.begin));
    with_links += words + link;
    without_links += words + " ";
    wording.links.push_back(std::move(link));
    at = url.end;
  }
  const auto rest = without_mention_hosts(plain.substr(at));
  wording.fingerprint = squeeze(with_links + rest);
  wording.letters = letters_of(base::fold(without_links + rest));
  return wording;
}

std::vector<Wording> wordings_of_html(std::string_view html) {
  const auto shown = with_emoji(html);
  return {wording_of(base::html_to_text(shown)),
          wording_of(base::html_to_text(with_addresses(shown)))};
}

Likeness compare(const Wording& sent, const Wording& there) {
  if (sent.fingerprint == there.fingerprint) return Likeness::same;
  if (sent.letters.empty() || sent.letters != there.letters) return Likeness::none;
  if (sent.links == there.links) return Likeness::perhaps;
  // Another page of the same site is another post; another site may be a shortened link.
  for (const auto& link : there.links) {
    const auto same_host = [&](const auto& ours) { return host_of(ours) == host_of(link); };
    if (std::ranges::any_of(sent.links, same_host)) return Likeness::none;
  }
  return Likeness::perhaps;
}

Likeness compare(const Wording& sent, const std::vector<Wording>& readings) {
  Likeness best = Likeness::none;
  for (const auto& reading : readings) best = std::max(best, compare(sent, reading));
  return best;
}

}  // namespace networks
