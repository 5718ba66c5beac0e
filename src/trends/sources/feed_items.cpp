#include "trends/sources/feed_items.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "trends/sources/feed_encoding.h"
#include "trends/sources/polite.h"

#include <charconv>
#include <cstring>
#include <pugixml.hpp>

namespace trends {
namespace {

constexpr std::size_t items_max = 500;
constexpr std::size_t nodes_max = 200'000;
constexpr int depth_max = 200;
constexpr std::size_t html_max = 64 * 1024;
constexpr std::size_t summary_max = 4000;
constexpr std::size_t tags_max = 20;

// --- XML ---

std::string_view local_name(const char* name) {
  const char* colon = std::strchr(name, ':');
  return colon != nullptr ? colon + 1 : name;
}

bool is_named(const pugi::xml_node& node, std::string_view name) {
  return base::equals_ignore_case(local_name(node.name()), name);
}

// The child of that name whatever its namespace prefix; prefers the one without a prefix.
pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  pugi::xml_node prefixed;
  for (const pugi::xml_node& candidate : node.children()) {
    if (base::equals_ignore_case(candidate.name(), name)) return candidate;
    if (!prefixed && is_named(candidate, name)) prefixed = candidate;
  }
  return prefixed;
}

// Everything inside, for fields that hold text or markup (Atom's xhtml).
struct InnerText final : pugi::xml_writer {
  std::string text;
  void write(const void* data, std::size_t size) override {
    const std::size_t room = html_max - std::min(text.size(), html_max);
    text.append(static_cast<const char*>(data), std::min(size, room));
  }
};

std::string inner(const pugi::xml_node& node) {
  const bool has_markup = std::ranges::any_of(
      node.children(), [](const auto& part) { return part.type() == pugi::node_element; });
  if (has_markup) {
    InnerText writer;
    for (const pugi::xml_node& part : node.children()) {
      if (writer.text.size() >= html_max) break;
      part.print(writer, "", pugi::format_raw | pugi::format_no_declaration);
    }
    return writer.text;
  }
  std::string text;
  for (const pugi::xml_node& part : node.children()) {
    if (text.size() >= html_max) break;
    text += std::string_view(part.value()).substr(0, html_max);
  }
  return text;
}

std::string plain(const pugi::xml_node& node) {
  return std::string(base::trim(base::html_to_text(inner(node))));
}

bool within_bounds(pugi::xml_document& document) {
  struct Counter final : pugi::xml_tree_walker {
    std::size_t nodes = 0;
    bool for_each(pugi::xml_node&) override { return ++nodes <= nodes_max && depth() <= depth_max; }
  } counter;
  return document.traverse(counter);
}

// --- Items ---

std::optional<base::Instant> read_date(std::string_view text) {
  text = base::trim(text);
  if (text.empty() || text.size() > 100) return {};
  if (auto instant = base::parse_rfc3339(text)) return instant;
  if (auto instant = base::parse_rfc822(text)) return instant;
  // "2026-11-23 09:00:00", "2026-11-23T09:00", "2026-11-23": taken as UTC.
  std::string repaired(text);
  if (repaired.size() > 10 && repaired[10] == ' ') repaired[10] = 'T';
  if (repaired.size() == 10) repaired += "T00:00";
  if (repaired.size() == 16) repaired += ":00";
  return base::parse_rfc3339(repaired + "Z");
}

// `candidates` in order of preference; "now" when none can be read: the item is new to us at least.
base::Instant pick_date(std::initializer_list<pugi::xml_node> candidates, base::Instant now) {
  for (const pugi::xml_node& node : candidates) {
    if (!node) continue;
    if (auto instant = read_date(inner(node))) return std::min(*instant, now);
  }
  return now;
}

bool is_web(std::string_view url) {
  return url.starts_with("https://") || url.starts_with("http://");
}

void add_tag(Mention& mention, std::string_view category) {
  category = base::trim(category);
  const bool one_word = !category.empty() && category.size() <= 60 &&
                        category.find_first_of(" \t\n/,") == std::string_view::npos;
  if (one_word && mention.tags.size() < tags_max) {
    if (category.starts_with('#')) category.remove_prefix(1);
    mention.tags.emplace_back(category);
  }
}

std::string title_and_summary(const std::string& title, const std::string& summary) {
  if (summary.empty() || summary == title) return title;
  const std::string cut = base::clean_utf8(std::string_view(summary).substr(0, summary_max));
  return title.empty() ? cut : title + "\n" + cut;
}

// Fills what is missing; false when nothing is left to say.
bool complete(Mention& mention, const std::string& feed_url) {
  if (mention.text.empty()) return false;
  if (is_web(mention.url)) mention.links.insert(mention.links.begin(), mention.url);
  if (!is_web(mention.url)) mention.url.clear();
  if (mention.id.empty()) mention.id = mention.url;
  // Without any identity, an item is what it says.
  if (mention.id.empty()) mention.id = base::hex(base::sha256(mention.text));
  if (mention.id.size() > 200) mention.id = base::hex(base::sha256(mention.id));
  mention.id = host_of(feed_url) + " " + mention.id;
  mention.author = host_of(feed_url) + (mention.author.empty() ? "" : "/" + mention.author);
  return true;
}

std::string rss_link(const pugi::xml_node& item) {
  const std::string link(base::trim(inner(child(item, "link"))));
  if (is_web(link)) return link;
  const pugi::xml_node guid = child(item, "guid");
  const std::string id(base::trim(inner(guid)));
  const bool is_permalink = std::string_view(guid.attribute("isPermaLink").value()) != "false";
  return is_permalink && is_web(id) ? id : "";
}

Mention rss_item(const pugi::xml_node& item, const std::string& language, base::Instant now) {
  auto summary = plain(child(item, "description"));
  if (summary.empty()) summary = plain(child(item, "encoded"));
  auto author = plain(child(item, "creator"));
  if (author.empty()) author = plain(child(item, "author"));
  Mention mention{
      .id = std::string(base::trim(inner(child(item, "guid")))),
      .at = pick_date({child(item, "pubDate"), child(item, "date"), child(item, "published")}, now),
      .author = author.substr(0, 100),
      .text = title_and_summary(plain(child(item, "title")), summary),
      .language = language};
  mention.url = rss_link(item);
  if (mention.id.empty()) mention.id = item.attribute("rdf:about").value();
  for (const pugi::xml_node& part : item.children()) {
    if (is_named(part, "category") || is_named(part, "subject")) add_tag(mention, plain(part));
  }
  return mention;
}

std::string atom_link(const pugi::xml_node& entry) {
  std::string first;
  for (const pugi::xml_node& link : entry.children()) {
    if (!is_named(link, "link")) continue;
    const std::string_view relation = link.attribute("rel").value();
    const std::string href = link.attribute("href").value();
    if ((relation.empty() || relation == "alternate") && is_web(href)) return href;
    if (first.empty() && relation != "self" && is_web(href)) first = href;
  }
  return first;
}

Mention atom_entry(const pugi::xml_node& entry, const std::string& language, base::Instant now) {
  auto summary = plain(child(entry, "summary"));
  if (summary.empty()) summary = plain(child(entry, "content"));
  const std::string own_language = entry.attribute("xml:lang").value();
  Mention mention{.id = std::string(base::trim(inner(child(entry, "id")))),
                  .at = pick_date({child(entry, "published"), child(entry, "updated"),
                                   child(entry, "issued"), child(entry, "modified")},
                                  now),
                  .author = plain(child(child(entry, "author"), "name")).substr(0, 100),
                  .text = title_and_summary(plain(child(entry, "title")), summary),
                  .language = own_language.empty() ? language : own_language};
  mention.url = atom_link(entry);
  for (const pugi::xml_node& part : entry.children()) {
    if (is_named(part, "category")) add_tag(mention, part.attribute("term").value());
  }
  return mention;
}

std::chrono::minutes asked_interval(const pugi::xml_node& channel) {
  const auto ttl = child(channel, "ttl").text().as_llong(0);
  if (ttl > 0) return std::chrono::minutes{std::min<long long>(ttl, 24 * 60)};
  const std::string period(base::trim(inner(child(channel, "updatePeriod"))));
  const std::map<std::string_view, int> minutes{
      {"hourly", 60}, {"daily", 1440}, {"weekly", 1440}, {"monthly", 1440}, {"yearly", 1440}};
  const auto found = minutes.find(period);
  if (found == minutes.end()) return {};
  const auto frequency =
      std::clamp<long long>(child(channel, "updateFrequency").text().as_llong(1), 1, 1000);
  return std::chrono::minutes{std::max<long long>(1, found->second / frequency)};
}

struct Gathering {
  ParsedFeed feed;
  const std::string& url;

  void add(Mention mention) {
    if (feed.mentions.size() >= items_max) return;
    if (complete(mention, url)) {
      feed.mentions.push_back(std::move(mention));
    } else {
      ++feed.rejected;
    }
  }
};

void gather_rss(const pugi::xml_node& root, Gathering& into, base::Instant now) {
  const pugi::xml_node channel = child(root, "channel");
  const std::string language = plain(child(channel, "language"));
  into.feed.title = plain(child(channel, "title"));
  into.feed.every = asked_interval(channel);
  // RSS 1.0 has its items beside the channel, the others inside.
  for (const pugi::xml_node& place : {channel, root}) {
    for (const pugi::xml_node& item : place.children()) {
      if (is_named(item, "item")) into.add(rss_item(item, language, now));
    }
  }
}

void gather_atom(const pugi::xml_node& root, Gathering& into, base::Instant now) {
  const std::string language = root.attribute("xml:lang").value();
  into.feed.title = plain(child(root, "title"));
  into.feed.every = asked_interval(root);
  for (const pugi::xml_node& entry : root.children()) {
    if (is_named(entry, "entry")) into.add(atom_entry(entry, language, now));
  }
}

base::Result<ParsedFeed> not_a_feed(std::string what) {
  return base::fail({.status = 422, .code = "not_a_feed", .message = std::move(what)});
}

base::Result<ParsedFeed> parse_xml(const std::string& text, const std::string& url,
                                   base::Instant now) {
  pugi::xml_document document;
  const auto flags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                     pugi::parse_wconv_attribute;  // no document type, no processing instructions
  const auto result = document.load_buffer(text.data(), text.size(), flags, pugi::encoding_utf8);
  const pugi::xml_node root = document.document_element();
  // A feed that breaks off in the middle still has its first items.
  if (!root) return not_a_feed(fmt::format("It is not XML: {}", result.description()));
  if (!within_bounds(document)) return not_a_feed("It is nested too deeply or too large.");
  Gathering gathering{.feed = {}, .url = url};
  if (is_named(root, "rss") || is_named(root, "RDF")) {
    gather_rss(root, gathering, now);
  } else if (is_named(root, "feed")) {
    gather_atom(root, gathering, now);
  } else {
    return not_a_feed("It is XML, but not RSS or Atom.");
  }
  if (!result) ++gathering.feed.rejected;
  return std::move(gathering.feed);
}

// --- JSON Feed ---

Mention json_item(const json::value& item, const std::string& language, base::Instant now) {
  std::string body = base::text_at(item, "/content_text");
  if (body.empty()) {
    const auto html = base::text_at(item, "/content_html");
    body = base::html_to_text(std::string_view(html).substr(0, html_max));
  }
  if (body.empty()) body = base::text_at(item, "/summary");
  const auto published = read_date(base::text_at(item, "/date_published"));
  const auto modified = read_date(base::text_at(item, "/date_modified"));
  auto author = base::text_at(item, "/authors/0/name");
  if (author.empty()) author = base::text_at(item, "/author/name");
  Mention mention{.id = base::text_at(item, "/id"),
                  .at = std::min(now, published.value_or(modified.value_or(now))),
                  .author = base::clean_utf8(std::string_view(author).substr(0, 100)),
                  .text = title_and_summary(base::text_at(item, "/title"), body),
                  .language = base::text_at(item, "/language", language)};
  if (mention.id.empty()) {
    if (const auto number = base::integer_at(item, "/id")) mention.id = fmt::format("{}", number);
  }
  mention.url = base::text_at(item, "/url");
  if (const auto external = base::text_at(item, "/external_url"); is_web(external)) {
    mention.links.push_back(external);
  }
  const auto* tags = base::find(item, "/tags");
  if (tags != nullptr && tags->is_array()) {
    for (const json::value& tag : tags->get_array()) {
      if (tag.is_string()) add_tag(mention, tag.get_string());
    }
  }
  return mention;
}

base::Result<ParsedFeed> parse_json_feed(const std::string& text, const std::string& url,
                                         base::Instant now) {
  auto value = base::parse_json(text);
  if (!value) return not_a_feed(value.error().message);
  const auto* items = base::find(*value, "/items");
  if (items == nullptr || !items->is_array()) return not_a_feed("It is JSON, but not a JSON Feed.");
  Gathering gathering{.feed = {.title = base::text_at(*value, "/title")}, .url = url};
  const std::string language = base::text_at(*value, "/language");
  std::size_t left = items_max;
  for (const json::value& item : items->get_array()) {
    if (left-- == 0) break;
    gathering.add(json_item(item, language, now));
  }
  return std::move(gathering.feed);
}

}  // namespace

base::Result<ParsedFeed> parse_feed(std::string_view body, std::string_view content_type,
                                    const std::string& url, base::Instant now) {
  const std::string text = feed_as_utf8(body, content_type);
  const auto first = base::trim(text);
  if (first.empty()) return not_a_feed("It is empty.");
  if (first.front() == '{') return parse_json_feed(text, url, now);
  if (first.front() == '<') return parse_xml(std::string(first), url, now);
  return not_a_feed("It is neither XML nor JSON.");
}

}  // namespace trends
