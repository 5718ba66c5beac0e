#include "networks/x/lookup.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/fields.h"

#include <algorithm>

namespace networks::x {
namespace {

constexpr int pages_max = 3;
constexpr std::size_t links_max = 100;

const json::array* array_at(const json::value& value, std::string_view pointer) {
  const auto* found = base::find(value, pointer);
  return found == nullptr ? nullptr : found->if_array();
}

// "3_1880028106020515840" is the picture 1880028106020515840.
std::vector<std::string> media_ids_of(const json::value& post) {
  std::vector<std::string> ids;
  const auto* keys = array_at(post, "/attachments/media_keys");
  if (keys == nullptr) return ids;
  for (const auto& key : *keys) {
    if (!key.is_string()) continue;
    const std::string_view text = key.get_string();
    ids.emplace_back(text.substr(text.find('_') + 1));
  }
  return ids;
}

std::string parent_of(const json::value& post) {
  const auto* references = array_at(post, "/referenced_tweets");
  if (references == nullptr) return "";
  for (const auto& reference : *references) {
    if (base::text_at(reference, "/type") == "replied_to") return base::text_at(reference, "/id");
  }
  return "";
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string path_of(const std::string& user, base::Instant from, const std::string& page) {
  const auto start = base::format_rfc3339(std::chrono::floor<std::chrono::seconds>(from));
  auto path = fmt::format(
      "/2/users/{}/tweets?max_results=100&exclude=retweets&start_time={}&tweet.fields="
      "created_at,entities,referenced_tweets,attachments,note_tweet",
      base::url_encode(user), base::url_encode(start));
  if (!page.empty()) path += "&pagination_token=" + base::url_encode(page);
  return path;
}

}  // namespace

Published published(const std::string& id) {
  return {.remote_id = id, .url = "https://x.com/i/status/" + id, .reference = {{"id", id}}};
}

Wanted wanted_of(const json::object& payload) {
  const json::value body = payload.at("body");
  Wanted wanted{.wording = wording_of(base::text_at(body, "/text")),
                .in_reply_to = base::text_at(body, "/reply/in_reply_to_tweet_id"),
                .made_at = base::from_micros(integer_field(payload, "created_at"))};
  if (const auto* ids = array_at(body, "/media/media_ids"); ids != nullptr) {
    for (const auto& id : *ids) wanted.media_ids.emplace_back(std::string_view(id.get_string()));
  }
  return wanted;
}

std::string words_of(const json::value& post) {
  const bool is_long = base::find(post, "/note_tweet/text") != nullptr;
  auto text = base::text_at(post, is_long ? "/note_tweet/text" : "/text");
  const auto* links = array_at(post, is_long ? "/note_tweet/entities/urls" : "/entities/urls");
  if (links != nullptr && links->size() <= links_max) {
    for (const auto& link : *links) {
      const bool is_picture = base::find(link, "/media_key") != nullptr;
      const auto address = is_picture ? "" : base::text_at(link, "/expanded_url");
      replace_all(text, base::text_at(link, "/url"), address);
    }
  }
  return base::html_to_text(text);
}

Likeness likeness_of(const json::value& post, const Wanted& wanted, const Window& window) {
  const auto media = media_ids_of(post);
  for (const auto& id : wanted.media_ids) {
    if (std::ranges::find(media, id) != media.end()) return Likeness::same;
  }
  if (media.size() != wanted.media_ids.size() || parent_of(post) != wanted.in_reply_to) {
    return Likeness::none;
  }
  const auto words = compare(wanted.wording, wording_of(words_of(post)));
  // As many pictures, and none of them ours.
  const auto agreed = media.empty() ? words : std::min(words, Likeness::perhaps);
  return limit_by_age(agreed, parse_created_at(base::text_at(post, "/created_at")), window);
}

io::Task<Found> look_up(Api api, Account account, Wanted wanted) {
  const auto& context = api.context();
  const auto window = window_from(wanted.made_at, {}, context.clock->now());
  bool doubtful = false;
  std::string page;
  for (int number = 0; number < pages_max; ++number) {
    const auto reply = co_await api.get(path_of(account.remote_id, window.perhaps, page));
    if (!reply) {
      co_return CannotKnow{.reason = reason_of(reply.error().outcome), .try_again = true};
    }
    // An empty list says that it is empty.
    const auto* count = base::find(*reply, "/meta/result_count");
    if (count == nullptr || !count->is_int64()) {
      co_return CannotKnow{.reason = "X: the list of posts cannot be read", .try_again = true};
    }
    const auto* posts = array_at(*reply, "/data");
    for (std::size_t i = 0; posts != nullptr && i < posts->size(); ++i) {
      const auto& post = (*posts)[i];
      const auto likeness = likeness_of(post, wanted, window);
      const auto id = base::text_at(post, "/id");
      if (likeness == Likeness::none || id.empty()) continue;
      if (context.others != nullptr && co_await context.others->include(account.id, id)) continue;
      if (likeness == Likeness::same) co_return published(id);
      doubtful = true;
    }
    page = base::text_at(*reply, "/meta/next_token");
    if (page.empty() && doubtful) break;
    if (page.empty()) co_return NotThere{};
  }
  co_return CannotKnow{doubtful ? "X: a post much like this one is there, but it may be another"
                                : "X: the account has posted too much since to look the post up"};
}

}  // namespace networks::x
