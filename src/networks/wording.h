// Is a post that stands on a network the one that we sent? Where no key can be asked for, its words
// must tell, and networks change them: paragraphs, shortened or rewritten links, mentions without
// their host, entities, typographic quotes, pictures for emoji. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace networks {

enum class Likeness {
  none,
  perhaps,  // the letters are the same, the rest is not: a person should look
  same,
};

struct Wording {
  // What no network changes: folded, without white space, with links in one form.
  std::string fingerprint;
  std::string letters;  // letters and digits outside of links
  std::vector<std::string> links;
};

Wording wording_of(std::string_view plain);
// Both readings of HTML: as it is shown, and with the addresses of its links in full.
std::vector<Wording> wordings_of_html(std::string_view html);

Likeness compare(const Wording& sent, const Wording& there);
// The best that one of the readings gives.
Likeness compare(const Wording& sent, const std::vector<Wording>& readings);

}  // namespace networks
