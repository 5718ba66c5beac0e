#include "networks/feed/format.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/fields.h"

namespace networks::feed {
namespace {

struct Item {
  std::string id;
  std::string title;
  std::string text;
  std::string language;
  base::Instant published_at;
};

Item read_item(const json::object& from) {
  return {.id = text_field(from, "id"),
          .title = text_field(from, "title"),
          .text = text_field(from, "text"),
          .language = text_field(from, "language"),
          .published_at =
              base::parse_rfc3339(text_field(from, "published_at")).value_or(base::Instant{})};
}

std::string element(std::string_view name, std::string_view content) {
  return fmt::format("<{}>{}</{}>\n", name, base::escape_html(content), name);
}

std::string urn(const Item& item) { return "urn:socialtrend:" + item.id; }

// The first link of a text is what the item is about.
std::string first_link(const std::string& text) {
  const auto urls = base::find_urls(text);
  return urls.empty() ? "" : text.substr(urls[0].begin, urls[0].end - urls[0].begin);
}

}  // namespace

std::string text_to_html(std::string_view text) {
  const auto escape = [](std::string_view plain) {
    std::string out;
    for (const char c : base::escape_html(plain)) {
      if (c == '\n') {
        out += "<br>\n";
      } else {
        out.push_back(c);
      }
    }
    return out;
  };
  std::string html = "<p>";
  std::size_t at = 0;
  for (const auto& url : base::find_urls(text)) {
    const auto link = base::escape_html(text.substr(url.begin, url.end - url.begin));
    html += escape(text.substr(at, url.begin - at));
    html += fmt::format("<a href=\"{}\">{}</a>", link, link);
    at = url.end;
  }
  return html + escape(text.substr(at)) + "</p>";
}

std::string to_rss(const Channel& channel, const std::vector<json::object>& items) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n";
  out += element("title", channel.title);
  out += element("link", channel.home_url.empty() ? channel.base_url + ".rss" : channel.home_url);
  out += element("description", channel.description.empty() ? channel.title : channel.description);
  out += element("lastBuildDate", base::format_http_date(channel.updated_at));
  out += fmt::format("<atom:link href=\"{}\" rel=\"self\" type=\"application/rss+xml\"/>\n",
                     base::escape_html(channel.base_url + ".rss"));
  for (const auto& object : items) {
    const Item item = read_item(object);
    out += "<item>\n" + element("title", item.title);
    out += fmt::format("<guid isPermaLink=\"false\">{}</guid>\n", base::escape_html(urn(item)));
    if (const auto link = first_link(item.text); !link.empty()) out += element("link", link);
    out += element("pubDate", base::format_http_date(item.published_at));
    out += element("description", text_to_html(item.text)) + "</item>\n";
  }
  return out + "</channel>\n</rss>\n";
}

std::string to_atom(const Channel& channel, const std::vector<json::object>& items) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n";
  out += element("title", channel.title);
  if (!channel.description.empty()) out += element("subtitle", channel.description);
  out += element("id", channel.base_url);
  out += element("updated", base::format_rfc3339(channel.updated_at));
  out += "<author>" + element("name", channel.title) + "</author>\n";
  out += fmt::format("<link rel=\"self\" href=\"{}\"/>\n",
                     base::escape_html(channel.base_url + ".atom"));
  if (!channel.home_url.empty()) {
    out +=
        fmt::format("<link rel=\"alternate\" href=\"{}\"/>\n", base::escape_html(channel.home_url));
  }
  for (const auto& object : items) {
    const Item item = read_item(object);
    const auto at = base::format_rfc3339(item.published_at);
    out += "<entry>\n" + element("title", item.title) + element("id", urn(item));
    out += element("published", at) + element("updated", at);
    if (const auto link = first_link(item.text); !link.empty()) {
      out += fmt::format("<link href=\"{}\"/>\n", base::escape_html(link));
    }
    out += fmt::format("<content type=\"html\">{}</content>\n</entry>\n",
                       base::escape_html(text_to_html(item.text)));
  }
  return out + "</feed>\n";
}

std::string to_json_feed(const Channel& channel, const std::vector<json::object>& items) {
  json::array list;
  for (const auto& object : items) {
    const Item item = read_item(object);
    json::object entry{{"id", urn(item)},
                       {"title", item.title},
                       {"content_text", item.text},
                       {"date_published", base::format_rfc3339(item.published_at)}};
    if (!item.language.empty()) entry["language"] = item.language;
    if (const auto link = first_link(item.text); !link.empty()) entry["external_url"] = link;
    list.push_back(std::move(entry));
  }
  json::object feed{{"version", "https://jsonfeed.org/version/1.1"},
                    {"title", channel.title},
                    {"feed_url", channel.base_url + ".json"},
                    {"items", std::move(list)}};
  if (!channel.description.empty()) feed["description"] = channel.description;
  if (!channel.home_url.empty()) feed["home_page_url"] = channel.home_url;
  return json::serialize(feed);
}

}  // namespace networks::feed
