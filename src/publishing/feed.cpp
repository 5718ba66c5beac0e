#include "publishing/feed.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "http/message.h"
#include "networks/feed/format.h"

#include <algorithm>

#include <fmt/format.h>

namespace publishing {

namespace {

using http::Request;
using http::Response;
using networks::feed::Channel;
using Writer = std::string (*)(const Channel&, const std::vector<json::object>&);

bool is_unchanged(const Request& request, std::string_view etag, base::Instant updated_at) {
  // If-None-Match decides alone where it is given (RFC 9110, 13.2.2).
  if (request.headers.has("If-None-Match")) {
    for (std::string_view given : base::split(request.headers.get("If-None-Match"), ',')) {
      given = base::trim(given);
      if (given.starts_with("W/")) given.remove_prefix(2);
      if (given == etag || given == "*") return true;
    }
    return false;
  }
  const auto since = base::parse_rfc822(request.headers.get("If-Modified-Since"));
  return since && std::chrono::floor<std::chrono::seconds>(updated_at) <= *since;
}

class Pages {
 public:
  Pages(FeedStore& feeds, std::string public_url)
      : feeds_(feeds), public_url_(std::move(public_url)) {
    while (public_url_.ends_with('/')) public_url_.pop_back();
  }

  io::Task<Response> show(Request request, Writer write, std::string type) {
    const base::AccountId account{request.param("account")};
    std::optional<FeedStore::Feed> feed;
    if (base::is_uuid(account.value)) feed = co_await feeds_.read(account);
    if (!feed) {
      co_return http::problem(
          {.status = 404, .code = "not_found", .message = "There is no such feed."},
          request.request_id);
    }
    const Channel channel{.title = feed->title,
                          .description = feed->description,
                          .home_url = public_url_,
                          .base_url = public_url_ + "/feeds/" + account.value + "/feed",
                          .updated_at = feed->updated_at};
    Response response{.body = write(channel, feed->items)};
    const std::string etag = "\"" + base::hex(base::sha256(response.body)).substr(0, 32) + "\"";
    response.headers.set("Content-Type", type);
    response.headers.set("ETag", etag);
    response.headers.set("Last-Modified", base::format_http_date(feed->updated_at));
    response.headers.set("Cache-Control", "public, max-age=60");
    response.headers.set("X-Content-Type-Options", "nosniff");
    if (is_unchanged(request, etag, feed->updated_at)) {
      response.status = 304;
      response.body.clear();
    }
    co_return response;
  }

 private:
  FeedStore& feeds_;
  std::string public_url_;
};

}  // namespace

FeedStore::FeedStore(db::Database& database, const base::Clock& clock)
    : database_(database), clock_(clock) {}

io::Task<> FeedStore::put(base::AccountId account, std::string key, json::object item) {
  co_await database_.execute(
      "INSERT INTO feed_items (account_id, item_key, item, published_at) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT DO NOTHING",
      {account, key, json::serialize(item), clock_.now()});
}

io::Task<bool> FeedStore::contains(base::AccountId account, std::string key) {
  auto rows = co_await database_.execute(
      "SELECT 1 FROM feed_items WHERE account_id = $1 AND item_key = $2", {account, key});
  co_return !rows.empty();
}

io::Task<std::optional<FeedStore::Feed>> FeedStore::read(base::AccountId account) {
  auto accounts = co_await database_.execute(
      "SELECT display_name, details, created_at FROM accounts WHERE id = $1 AND network = 'feed'"
      " AND state <> 'disconnected'",
      {account});
  if (accounts.empty()) co_return std::nullopt;
  const auto details = base::parse_json(accounts[0]["details"].text());
  Feed feed{.title = accounts[0]["display_name"].text(),
            .description = details ? base::text_at(*details, "/description") : "",
            .updated_at = accounts[0]["created_at"].instant(),
            .items = {}};
  auto rows = co_await database_.execute(
      fmt::format("SELECT item, published_at FROM feed_items WHERE account_id = $1"
                  " ORDER BY published_at DESC, item_key DESC LIMIT {}",
                  items_max),
      {account});
  for (const db::Row& row : rows) {
    feed.updated_at = std::max(feed.updated_at, row["published_at"].instant());
    auto item = base::parse_json(row["item"].text());
    if (item && item->is_object()) feed.items.push_back(std::move(item->as_object()));
  }
  co_return feed;
}

void bind_feeds(http::Router& router, FeedStore& feeds, std::string public_url) {
  auto pages = std::make_shared<Pages>(feeds, std::move(public_url));
  auto page = [&pages](Writer write, std::string type) -> http::Handler {
    return [pages, write, type](Request request) {
      return pages->show(std::move(request), write, type);
    };
  };
  using namespace networks::feed;
  const std::string rss = "application/rss+xml; charset=utf-8";
  const std::string atom = "application/atom+xml; charset=utf-8";
  router.get("/feeds/{account}/rss.xml", page(to_rss, rss));
  router.get("/feeds/{account}/atom.xml", page(to_atom, atom));
  router.get("/feeds/{account}/feed.json",
             page(to_json_feed, "application/feed+json; charset=utf-8"));
  // The names by which a feed speaks of itself.
  router.get("/feeds/{account}/feed.rss", page(to_rss, rss));
  router.get("/feeds/{account}/feed.atom", page(to_atom, atom));
}

}  // namespace publishing
