// The feeds that the program serves itself: the storage behind networks::LocalFeed and the pages at
// /feeds/{account}/. Public by their nature: whoever has the account's id may read what was
// published there.
#pragma once

#include "base/time.h"
#include "db/database.h"
#include "http/router.h"
#include "networks/network.h"

#include <optional>
#include <string>
#include <vector>

namespace publishing {

namespace json = boost::json;

class FeedStore final : public networks::LocalFeed {
 public:
  static constexpr int items_max = 50;  // of one page, the newest

  FeedStore(db::Database& database, const base::Clock& clock);

  // Put again under the same key, it stays the one item that it is.
  io::Task<> put(base::AccountId account, std::string key, json::object item) override;
  io::Task<bool> contains(base::AccountId account, std::string key) override;

  struct Feed {
    std::string title;
    std::string description;
    base::Instant updated_at;         // of the newest item, or of the account
    std::vector<json::object> items;  // newest first
  };
  // Nothing when that is not a feed account.
  io::Task<std::optional<Feed>> read(base::AccountId account);

 private:
  db::Database& database_;
  const base::Clock& clock_;
};

// rss.xml, atom.xml and feed.json, with ETag and Last-Modified.
void bind_feeds(http::Router& router, FeedStore& feeds, std::string public_url);

}  // namespace publishing
