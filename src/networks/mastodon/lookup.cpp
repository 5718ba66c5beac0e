#include "networks/mastodon/lookup.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/count.h"

namespace networks::mastodon {
namespace {

std::string squeeze(std::string_view text) {
  std::string without_hosts;
  std::size_t at = 0;
  for (const auto& mention : find_remote_mentions(text)) {
    without_hosts.append(text.substr(at, mention.host - at));
    at = mention.end;
  }
  without_hosts.append(text.substr(at));
  std::string out;
  for (const char c : base::fold(without_hosts)) {
    if (static_cast<unsigned char>(c) > 0x20) out.push_back(c);
  }
  return out;
}

std::vector<std::string> media_ids_of(const json::value& status) {
  std::vector<std::string> ids;
  const auto* media = base::find(status, "/media_attachments");
  if (media == nullptr || !media->is_array()) return ids;
  for (const auto& file : media->get_array()) ids.push_back(base::text_at(file, "/id"));
  return ids;
}

}  // namespace

std::string fingerprint_of_html(std::string_view html) { return squeeze(base::html_to_text(html)); }

std::string fingerprint_of_plain(std::string_view plain) { return squeeze(plain); }

bool matches(const json::value& status, const Wanted& wanted) {
  const auto created = base::parse_rfc3339(base::text_at(status, "/created_at"));
  if (!created || *created < wanted.not_before) return false;
  const auto media = media_ids_of(status);
  if (!wanted.media_ids.empty() || !media.empty()) return media == wanted.media_ids;
  return base::text_at(status, "/in_reply_to_id") == wanted.in_reply_to &&
         fingerprint_of_html(base::text_at(status, "/content")) == wanted.fingerprint;
}

}  // namespace networks::mastodon
