// WordPress, by its REST API and an application password.
//
// It has no idempotency keys: the same post twice becomes two, the second with "-2" behind its
// slug. But the slug is ours to choose and can be asked for: class B, safe by look-up.
#include "base/json.h"
#include "base/text.h"
#include "networks/address.h"
#include "networks/answer.h"
#include "networks/fields.h"
#include "networks/multipart.h"
#include "networks/steps.h"
#include "networks/wordpress/article.h"
#include "networks/wordpress/site.h"

namespace networks {
namespace {

using wordpress::Site;
using wordpress::Uploaded;

About make_about() {
  return {
      .id = "wordpress",
      .label = "WordPress",
      .color = "#21759b",
      .retry = RetryClass::safe_by_lookup,
      .retry_note =
          "If an answer is lost, the post is looked up by its own address before it is sent again.",
      .limits = {.unit = CountUnit::code_points,
                 .text_max = 100'000,
                 .media_max = 10,
                 .image_bytes_max = 2'000'000,
                 .alt_text_max = 2000,
                 .media_types = {"image/jpeg", "image/png", "image/gif", "image/webp"}},
      .threads = Threads::one_request,
      .alt_text = true,
      .settings = {
          {.key = "site",
           .label = "Address of the site",
           .help = "For example https://blog.example.org.",
           .type = Setting::Type::url},
          {.key = "username",
           .label = "User name",
           .help = "Of a user who may publish: an author, an editor or an administrator."},
          {.key = "application_password",
           .label = "Application password",
           .help = "In WordPress open Users, Profile, Application Passwords, and add a new one. It "
                   "is not the password that you log in with.",
           .type = Setting::Type::secret}}};
}

// People paste the address of a page of theirs.
std::string home_of(const Address& address) {
  std::string path = address.path.substr(0, address.path.find('?'));
  for (const auto* tail : {"/wp-admin", "/wp-json", "/wp-login.php", "/index.php"})
    path = path.substr(0, path.find(tail));
  while (path.ends_with('/')) path.pop_back();
  return address.origin() + path;
}

std::optional<Published> published(const json::object& post) {
  const auto id = integer_field(post, "id");
  if (id <= 0) return std::nullopt;
  return Published{.remote_id = std::to_string(id),
                   .url = web_address(text_field(post, "link")),
                   .reference = {{"id", id}}};
}

class WordPress final : public Network {
 public:
  const About& about() const override { return about_; }

  Limits limits(const Account& account) const override {
    auto limits = about_.limits;
    if (!boolean_field(account.details, "may_upload")) limits.media_max = 0;
    return limits;
  }

  io::Task<base::Result<Identity>> connect(Context context, json::object settings) const override {
    const auto checked = check_settings(about_.settings, settings);
    if (!checked) co_return std::unexpected(checked.error());
    const auto address = parse_address(text_field(*checked, "site"));
    if (!address || !address->scheme.starts_with("http"))
      co_return base::invalid("site", "The site's address begins with https://.");
    const auto user = text_field(*checked, "username");
    if (user.find(':') != std::string::npos)
      co_return base::invalid("username", "A user name has no colon.");
    const auto home = home_of(*address);
    const auto root = co_await wordpress::discover(context, home);
    if (!root) co_return std::unexpected(while_connecting(root.error(), "site"));
    const Site site{
        .api = root->api, .user = user, .password = text_field(*checked, "application_password")};
    auto details = co_await ask_who(context, site);
    if (!details) {
      if (root->application_passwords || !is_broken(details.error()))
        co_return std::unexpected(while_connecting(details.error(), "application_password"));
      co_return base::invalid("site",
                              "This site offers no application passwords: it needs WordPress 5.6 "
                              "or newer, and an https address.");
    }
    if (!boolean_field(*details, "may_publish"))
      co_return base::invalid("username", "This user may not publish posts there.");
    const auto host = home.substr(home.find("://") + 3);
    co_return Identity{
        .remote_id = fmt::format("{}@{}", integer_field(*details, "user_id"), host),
        .handle = user + "@" + host,
        .display_name = root->title.empty() ? host : root->title,
        .url = home,
        .details = std::move(*details),
        .credentials = {
            {"api", site.api}, {"username", site.user}, {"application_password", site.password}}};
  }

  io::Task<Health> test(Context context, Account account) const override {
    const auto details = co_await ask_who(context, wordpress::site_of(account.credentials));
    if (!details) co_return while_testing(details.error());
    if (!boolean_field(*details, "may_publish")) {
      co_return Health{
          .ok = false, .broken = true, .message = "This user may not publish posts any more."};
    }
    co_return Health{.details = *details};
  }

  // Files go into the site's library first; what arrived there is kept, so that nothing is uploaded
  // twice.
  io::Task<Prepared> prepare(Context context, Account account, Content content,
                             Key key) const override {
    Steps steps(context, content, std::chrono::hours(24));
    std::vector<Uploaded> media;
    for (const auto& part : content.parts) {
      for (const auto& image : part.media) {
        const auto step = fmt::format("media_{}", media.size());
        if (steps.text(step).empty()) {
          auto file = co_await upload(context, account, image, media.size() + 1);
          if (!file) co_return while_preparing(std::move(file.error()));
          co_await steps.set(step + "_url", file->url);
          co_await steps.set(step, file->id);
          media.push_back(std::move(*file));
        } else {
          media.push_back({.id = steps.text(step),
                           .url = steps.text(step + "_url"),
                           .alt_text = image.alt_text});
        }
      }
    }
    const auto article = wordpress::make_article(content, media, key.value);
    const json::object post{{"title", article.title},
                            {"content", article.content},
                            {"slug", article.slug},
                            {"status", "publish"}};
    co_return Frozen{json::serialize(json::object{{"key", key.value}, {"post", post}})};
  }

  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override {
    auto request =
        wordpress::request(wordpress::site_of(account.credentials), "POST", "/wp/v2/posts");
    request.headers.set("Content-Type", "application/json");
    request.body = json::serialize(thaw(frozen).at("post"));
    const auto answer = co_await context.http->send(std::move(request));
    if (auto bad = wordpress::failure(answer, context.clock->now())) co_return std::move(*bad);
    const auto post = object_of(*answer);
    auto done = post ? published(*post) : std::nullopt;
    if (!done) co_return Unknown{"WordPress: the answer cannot be read"};
    co_return std::move(*done);
  }

  io::Task<Found> find(Context context, Account account, Frozen frozen) const override {
    const auto payload = thaw(frozen);
    const auto slug = text_field(payload.at("post").as_object(), "slug");
    const auto answer = co_await context.http->send(
        wordpress::request(wordpress::site_of(account.credentials), "GET", "/wp/v2/posts",
                           "slug=" + base::url_encode(slug) + "&status=any&context=edit"));
    if (const auto bad = wordpress::failure(answer, context.clock->now()))
      co_return CannotKnow{.reason = reason_of(*bad), .try_again = true};
    const auto list = base::parse_json(answer->body);
    if (!list || !list->is_array())
      co_return CannotKnow{.reason = "WordPress: the answer cannot be read", .try_again = true};
    for (const auto& post : list->get_array()) {
      if (!post.is_object() || base::text_at(post, "/slug") != slug) continue;
      if (auto there = published(post.get_object())) co_return std::move(*there);
    }
    if (list->get_array().empty()) co_return NotThere{};
    co_return CannotKnow{.reason = "WordPress: the answer cannot be read", .try_again = true};
  }

 private:
  static bool is_broken(const Outcome& outcome) {
    return std::holds_alternative<AccountBroken>(outcome);
  }

  static io::Task<std::expected<json::object, Outcome>> ask_who(Context context, Site site) {
    const auto answer = co_await context.http->send(
        wordpress::request(site, "GET", "/wp/v2/users/me", "context=edit"));
    if (auto bad = wordpress::failure(answer, context.clock->now()))
      co_return std::unexpected(std::move(*bad));
    const auto user = object_of(*answer);
    const auto id = user ? integer_field(*user, "id") : 0;
    if (id <= 0) co_return std::unexpected(Unknown{"WordPress: the answer cannot be read"});
    const json::object none;
    const auto* able = object_field(*user, "capabilities");
    if (able == nullptr) able = &none;
    co_return json::object{{"user_id", id},
                           {"may_publish", boolean_field(*able, "publish_posts")},
                           {"may_upload", boolean_field(*able, "upload_files")}};
  }

  static io::Task<std::expected<Uploaded, Outcome>> upload(Context context, Account account,
                                                           Image image, std::size_t number) {
    auto request =
        wordpress::request(wordpress::site_of(account.credentials), "POST", "/wp/v2/media");
    request.timeout = std::chrono::seconds(120);
    set_form(request, {{.name = "alt_text", .value = image.alt_text},
                       {.name = "file",
                        .value = image.bytes,
                        .file_name = file_name(image.content_type, number),
                        .content_type = image.content_type}});
    const auto answer = co_await context.http->send(std::move(request));
    if (auto bad = wordpress::failure(answer, context.clock->now()))
      co_return std::unexpected(std::move(*bad));
    const auto file = object_of(*answer).value_or(json::object());
    const auto id = integer_field(file, "id");
    const auto url = web_address(text_field(file, "source_url"));
    if (id <= 0 || url.empty())
      co_return std::unexpected(Unknown{"WordPress: the answer to an upload cannot be read"});
    co_return Uploaded{.id = std::to_string(id), .url = url, .alt_text = image.alt_text};
  }

  const About about_ = make_about();
};

}  // namespace

std::unique_ptr<Network> make_wordpress() { return std::make_unique<WordPress>(); }

}  // namespace networks
