// A feed that this program serves itself (RSS, Atom, JSON Feed): the network that needs no account
// anywhere. Items are put under the post's key, so a second put changes nothing; feed/format.h
// writes them out.
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/answer.h"
#include "networks/fields.h"

namespace networks {
namespace {

About make_about() {
  return {.id = "feed",
          .label = "Feed",
          .color = "#f26522",
          .retry = RetryClass::safe_by_key,
          .retry_note = "The feed is kept by this program, so a post appears in it exactly once.",
          .limits = {.unit = CountUnit::code_points, .text_max = 100'000},
          .threads = Threads::one_request,
          .settings = {{.key = "title", .label = "Title", .help = "The name of the feed."},
                       {.key = "description",
                        .label = "Description",
                        .help = "One sentence on what it is about.",
                        .required = false}}};
}

// The first line, as the item's title.
std::string title_of(std::string_view text) {
  const auto trimmed = base::trim(text);
  return base::truncate_graphemes(base::trim(trimmed.substr(0, trimmed.find('\n'))), 100);
}

std::string page_of(const Context& context, const Account& account, const std::string& key) {
  if (context.public_url.empty()) return "";
  std::string url = context.public_url;
  while (url.ends_with('/')) url.pop_back();
  return url + "/feeds/" + account.id.value + "#" + key;
}

Published published(const std::string& key, const std::string& url) {
  return {.remote_id = key, .url = url, .reference = {{"key", key}}};
}

class Feed final : public Network {
 public:
  const About& about() const override { return about_; }

  io::Task<base::Result<Identity>> connect(Context, json::object settings) const override {
    const auto checked = check_settings(about_.settings, settings);
    if (!checked) co_return std::unexpected(checked.error());
    const auto title = text_field(*checked, "title");
    if (base::count_graphemes(title) > 100) {
      co_return base::invalid("title", "A title has at most 100 characters.");
    }
    co_return Identity{
        .remote_id = base::fold(title),
        .handle = title,
        .display_name = title,
        .details = {{"title", title}, {"description", text_field(*checked, "description")}}};
  }

  io::Task<Health> test(Context, Account) const override { co_return Health{}; }

  io::Task<Prepared> prepare(Context, Account, Content content, Key key) const override {
    std::vector<std::string> texts;
    for (const auto& part : content.parts) {
      if (!part.media.empty())
        co_return Rejected{.code = "media", .reason = "A feed takes no media here."};
      texts.push_back(part.text);
    }
    const auto text = base::join(texts, "\n\n");
    json::object item{{"id", key.value},
                      {"title", title_of(text)},
                      {"text", text},
                      {"language", content.language},
                      {"published_at", base::format_rfc3339(key.created_at)}};
    co_return Frozen{json::serialize(json::object{{"key", key.value}, {"item", std::move(item)}})};
  }

  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override {
    CHECK(context.feed != nullptr);
    const auto payload = thaw(frozen);
    const auto key = text_field(payload, "key");
    co_await context.feed->put(account.id, key, payload.at("item").get_object());
    co_return published(key, page_of(context, account, key));
  }

  io::Task<Found> find(Context context, Account account, Frozen frozen) const override {
    CHECK(context.feed != nullptr);
    const auto key = text_field(thaw(frozen), "key");
    if (!co_await context.feed->contains(account.id, key)) co_return NotThere{};
    co_return published(key, page_of(context, account, key));
  }

 private:
  const About about_ = make_about();
};

}  // namespace

std::unique_ptr<Network> make_feed() { return std::make_unique<Feed>(); }

}  // namespace networks
