// Facets: what makes links, hashtags and mentions of a Bluesky text clickable, as byte ranges
// beside the text. Pure; who a mention is must be asked over the network, so mentions are found
// here and completed by the caller.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace networks::bluesky {

struct Mention {
  std::size_t begin;  // of the '@'
  std::size_t end;
  std::string handle;  // lower case, without '@'
};
// "@name.example.com", not inside links and addresses.
std::vector<Mention> find_mentions(std::string_view text);

// `known` maps handles to DIDs; a mention of anybody else stays plain text.
boost::json::array make_facets(std::string_view text,
                               const std::map<std::string, std::string>& known);

}  // namespace networks::bluesky
