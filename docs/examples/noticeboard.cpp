// Noticeboard: an imagined network with a small API, for docs/adding-a-network.md. It has no
// idempotency keys, but it keeps a reference of ours with each notice and can be asked for it:
// class B, safe by look-up.
#include "base/json.h"
#include "base/text.h"
#include "networks/answer.h"
#include "networks/fields.h"

namespace networks {
namespace {

class Noticeboard final : public Network {
 public:
  const About& about() const override { return about_; }

  io::Task<base::Result<Identity>> connect(Context context, json::object settings) const override {
    const auto checked = check_settings(about_.settings, settings);
    if (!checked) co_return std::unexpected(checked.error());
    const auto answer = co_await context.http->send(request(*checked, "GET", "/me"));
    if (auto bad = failure(context, answer)) {
      co_return std::unexpected(while_connecting(*bad, "token"));
    }
    const auto profile = object_of(*answer).value_or(json::object());
    const auto name = text_field(profile, "name");
    if (name.empty()) co_return base::invalid("server", "This is no noticeboard.");
    co_return Identity{
        .remote_id = name, .handle = name, .display_name = name, .credentials = *checked};
  }

  io::Task<Health> test(Context context, Account account) const override {
    const auto answer = co_await context.http->send(request(account.credentials, "GET", "/me"));
    if (auto bad = failure(context, answer)) co_return while_testing(*bad);
    co_return Health{};
  }

  // Nothing to upload. The bytes that go out are fixed here, and so is the reference that find()
  // asks for.
  io::Task<Prepared> prepare(Context, Account, Content content, Key key) const override {
    const json::object notice{{"text", content.parts.front().text}, {"reference", key.value}};
    co_return Frozen{json::serialize(notice)};
  }

  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override {
    auto post = request(account.credentials, "POST", "/notices");
    post.headers.set("Content-Type", "application/json");
    post.body = frozen.payload;
    const auto answer = co_await context.http->send(std::move(post));
    if (auto bad = failure(context, answer)) co_return std::move(*bad);
    auto done = published(answer->body);
    // It said yes, in words that we cannot read: only a look-up can tell.
    if (!done) co_return Unknown{"Noticeboard: the answer cannot be read"};
    co_return std::move(*done);
  }

  io::Task<Found> find(Context context, Account account, Frozen frozen) const override {
    const auto path = "/notices/by-reference/" + text_field(thaw(frozen), "reference");
    const auto answer = co_await context.http->send(request(account.credentials, "GET", path));
    if (answer && answer->status == 404) co_return NotThere{};
    if (auto bad = failure(context, answer)) {
      co_return CannotKnow{.reason = reason_of(*bad), .try_again = true};
    }
    auto done = published(answer->body);
    if (!done) co_return CannotKnow{.reason = "the answer cannot be read", .try_again = true};
    co_return std::move(*done);
  }

 private:
  static http::ClientRequest request(const json::object& credentials, std::string method,
                                     const std::string& path) {
    http::ClientRequest request{.method = std::move(method),
                                .url = text_field(credentials, "server") + path};
    request.headers.set("Authorization", "Bearer " + text_field(credentials, "token"));
    return request;
  }

  static std::optional<Outcome> failure(const Context& context, const Answer& answer) {
    return failure_of(answer, {.label = "Noticeboard", .now = context.clock->now()});
  }

  static std::optional<Published> published(std::string_view body) {
    const auto notice = base::parse_json(body);
    const auto id = notice ? base::text_at(*notice, "/id") : "";
    if (id.empty()) return std::nullopt;
    return Published{
        .remote_id = id, .url = base::text_at(*notice, "/url"), .reference = {{"id", id}}};
  }

  const About about_{
      .id = "noticeboard",
      .label = "Noticeboard",
      .color = "#b4632a",
      .retry = RetryClass::safe_by_lookup,
      .retry_note = "If an answer is lost, the notice is looked up before it is sent again.",
      .limits = {.unit = CountUnit::graphemes, .text_max = 1000},
      .settings = {{.key = "server", .label = "Server", .type = Setting::Type::url},
                   {.key = "token", .label = "Token", .type = Setting::Type::secret}}};
};

}  // namespace

std::unique_ptr<Network> make_noticeboard() { return std::make_unique<Noticeboard>(); }

}  // namespace networks
