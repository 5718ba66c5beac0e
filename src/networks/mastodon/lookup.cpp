#include "networks/mastodon/lookup.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/fields.h"

#include <algorithm>
#include <set>

namespace networks::mastodon {
namespace {

constexpr int pages_max = 5;
constexpr std::size_t page_size = 40;

std::vector<std::string> ids_of(const json::array& files) {
  std::vector<std::string> ids;
  for (const auto& file : files) ids.push_back(base::text_at(file, "/id"));
  return ids;
}

bool share_one(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(
      a, [&](const auto& id) { return !id.empty() && std::ranges::find(b, id) != b.end(); });
}

Likeness by_words(const json::value& status, const Wanted& wanted) {
  auto best = compare(wanted.wording, wordings_of_html(base::text_at(status, "/content")));
  for (const auto* place : {"/text", "/source/text", "/pleroma/content/text~1plain"}) {
    const auto plain = base::text_at(status, place);
    if (!plain.empty()) best = std::max(best, compare(wanted.wording, wording_of(plain)));
  }
  return best;
}

// What its parent leaves: a server may not tell it, or keep none.
Likeness by_parent(const json::value& status, const Wanted& wanted) {
  const auto* field = base::find(status, "/in_reply_to_id");
  if (field == nullptr) return Likeness::same;
  const auto parent = base::text_at(status, "/in_reply_to_id");
  if (parent == wanted.in_reply_to) return Likeness::same;
  return parent.empty() ? Likeness::perhaps : Likeness::none;
}

// What the files leave, where their ids have not decided.
Likeness by_files(const json::value& status, const Wanted& wanted) {
  const auto* files = base::find(status, "/media_attachments");
  if (files == nullptr || !files->is_array()) return Likeness::same;
  const auto count = files->get_array().size();
  if (count == wanted.media_ids.size()) return count == 0 ? Likeness::same : Likeness::perhaps;
  return count == 0 ? Likeness::perhaps : Likeness::none;
}

// One answer of the list, read.
struct Page {
  std::vector<const json::value*> statuses;
  std::optional<base::Instant> oldest;
  std::string oldest_id;
  bool newest_first = true;
};

Page read_page(const json::array& statuses) {
  Page page;
  std::optional<base::Instant> before;
  for (const auto& status : statuses) {
    page.statuses.push_back(&status);
    const auto created = parse_created_at(base::text_at(status, "/created_at"));
    if (created && before && *created > *before) page.newest_first = false;
    if (created) before = created;
    if (!created || (page.oldest && *created > *page.oldest)) continue;
    page.oldest = created;
    page.oldest_id = base::text_at(status, "/id");
  }
  if (page.oldest_id.empty() && !statuses.empty()) {
    page.oldest_id = base::text_at(statuses.back(), "/id");
  }
  return page;
}

// Collects over the pages; `best` is the oldest post that is ours for sure.
class Search {
 public:
  Search(Context context, Account account, Wanted wanted)
      : context_(context), account_(std::move(account)), wanted_(std::move(wanted)) {}

  io::Task<Found> run() {
    for (int number = 0; number < pages_max; ++number) {
      const auto answer = co_await context_.http->send(next_request());
      if (const auto bad = failure(answer, context_.clock->now())) {
        co_return CannotKnow{.reason = reason_of(*bad), .try_again = true};
      }
      const auto parsed = base::parse_json(answer->body);
      if (!parsed || !parsed->is_array()) co_return unreadable();
      const auto window = window_from(wanted_.made_at, answer->headers, context_.clock->now());
      const auto page = read_page(parsed->get_array());
      const bool repeated = co_await take(page, window);
      if (best_) co_return std::move(*best_);
      if (repeated) co_return without_pages(page.statuses.size());
      if (page.statuses.empty()) co_return nothing_found();
      if (page.newest_first && page.oldest && *page.oldest < window.perhaps) {
        co_return nothing_found();
      }
      if (page.oldest_id.empty()) co_return unreadable();
      older_than_ = page.oldest_id;
    }
    co_return CannotKnow{
        "Mastodon: the account has posted too much since for the post to be looked up"};
  }

 private:
  http::ClientRequest next_request() const {
    auto id = text_field(account_.details, "account_id");
    if (id.empty()) id = account_.remote_id.substr(0, account_.remote_id.rfind('@'));
    auto path = fmt::format("/api/v1/accounts/{}/statuses?limit={}&exclude_reblogs=true",
                            base::url_encode(id), page_size);
    if (!older_than_.empty()) path += "&max_id=" + base::url_encode(older_than_);
    return authorised(server_of(account_), "GET", path);
  }

  // True when the page holds nothing new: the server knows no pages.
  io::Task<bool> take(Page page, Window window) {
    bool is_new = page.statuses.empty();
    for (const auto* status : page.statuses) {
      const auto id = base::text_at(*status, "/id");
      is_new = seen_.insert(id).second || is_new;
      const auto likeness = likeness_of(*status, wanted_, window);
      if (likeness == Likeness::none) continue;
      if (context_.others != nullptr && co_await context_.others->include(account_.id, id))
        continue;
      auto there = published(status->get_object());
      if (likeness == Likeness::perhaps || !there) {
        doubtful_ = true;
        continue;
      }
      const auto created = parse_created_at(base::text_at(*status, "/created_at"));
      if (best_ && (!created || (best_created_ && *best_created_ <= *created))) continue;
      best_ = std::move(there);
      best_created_ = created;
    }
    co_return !is_new;
  }

  Found nothing_found() const {
    if (!doubtful_) return NotThere{};
    return CannotKnow{
        "Mastodon: a post much like this one is there, but it may be another: please look"};
  }

  // A list that was cut off at a usual length may have left our post out.
  Found without_pages(std::size_t count) const {
    if (count != 20 && count != page_size) return nothing_found();
    return CannotKnow{"Mastodon: this server lists only the latest posts"};
  }

  static Found unreadable() {
    return CannotKnow{.reason = "Mastodon: the list of posts cannot be read", .try_again = true};
  }

  Context context_;
  Account account_;
  Wanted wanted_;
  std::string older_than_;
  std::set<std::string> seen_;
  std::optional<Published> best_;
  std::optional<base::Instant> best_created_;
  bool doubtful_ = false;
};

}  // namespace

Wanted wanted_of(const json::object& payload) {
  const auto& body = payload.at("body").get_object();
  Wanted wanted{.wording = wording_of(text_field(body, "status")),
                .in_reply_to = text_field(body, "in_reply_to_id"),
                .made_at = base::from_micros(integer_field(payload, "created_at"))};
  if (const auto* ids = array_field(body, "media_ids"); ids != nullptr) {
    for (const auto& id : *ids) wanted.media_ids.emplace_back(std::string_view(id.get_string()));
  }
  return wanted;
}

Likeness likeness_of(const json::value& status, const Wanted& wanted, const Window& window) {
  const auto* shared = base::find(status, "/reblog");
  if (!status.is_object() || (shared != nullptr && shared->is_object())) return Likeness::none;
  const auto* files = base::find(status, "/media_attachments");
  if (files != nullptr && files->is_array() &&
      share_one(wanted.media_ids, ids_of(files->get_array()))) {
    return Likeness::same;
  }
  const auto agreed =
      std::min({by_words(status, wanted), by_parent(status, wanted), by_files(status, wanted)});
  return limit_by_age(agreed, parse_created_at(base::text_at(status, "/created_at")), window);
}

io::Task<Found> look_up(Context context, Account account, Wanted wanted) {
  Search search(context, std::move(account), std::move(wanted));
  co_return co_await search.run();
}

}  // namespace networks::mastodon
