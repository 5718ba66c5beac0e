// A post as WordPress wants it: a title, blocks of HTML, and a name for its address. Pure.
#pragma once

#include "networks/network.h"

#include <string>
#include <string_view>
#include <vector>

namespace networks::wordpress {

struct Uploaded {
  std::string id;  // decimal
  std::string url;
  std::string alt_text;
};

struct Article {
  std::string title;    // HTML
  std::string content;  // blocks
  std::string slug;
};

// The first line is the title where more follows, else the beginning of the text. `media` belongs
// to the parts in order, as many as each has.
Article make_article(const Content& content, const std::vector<Uploaded>& media,
                     const std::string& key);

}  // namespace networks::wordpress
