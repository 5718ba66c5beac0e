// Reddit: new posts of chosen communities, by its API with the credentials of an application. What
// is listed twice is dropped by its id further down.
#include "base/json.h"
#include "base/text.h"
#include "trends/source.h"
#include "trends/sources/polite.h"
#include "trends/sources/reddit_items.h"

#include <algorithm>

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t communities_max = 50;
constexpr auto early = 60s;  // a token is renewed so long before its end

bool is_community(std::string_view name) {
  return name.size() >= 2 && name.size() <= 21 && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

struct Token {
  std::string text;
  base::Instant until{};
};

// By the application's own credentials; throws base::Unavailable without saying them.
io::Task<Token> ask_for_token(SourceContext context, std::string auth, std::string id,
                              std::string secret) {
  http::ClientRequest request{.method = "POST",
                              .url = auth + "/api/v1/access_token",
                              .body = "grant_type=client_credentials"};
  request.headers.set("Authorization", "Basic " + base::base64(id + ":" + secret));
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.body_max = 64 * 1024;
  const auto answer = co_await context.http->send(std::move(request));
  if (!answer) throw base::Unavailable(answer.error().message);
  const auto now = context.clock->now();
  const std::string what = fmt::format("{} answered {}", host_of(auth), answer->status);
  if (answer->status == 429 || answer->status == 503) {
    throw AskedToWait(what, asked_to_wait(*answer, now));
  }
  if (answer->status != 200) throw base::Unavailable(what + " when asked for a token");
  const auto body = base::parse_json(answer->body);
  const std::string text = body ? base::text_at(*body, "/access_token") : "";
  const auto seconds =
      body ? std::clamp<std::int64_t>(base::integer_at(*body, "/expires_in"), 120, 86'400) : 0;
  if (text.empty()) throw base::Unavailable(host_of(auth) + " gave no token");
  co_return Token{.text = text, .until = now + std::chrono::seconds{seconds} - early};
}

class Reddit final : public Source {
 public:
  const SourceAbout& about() const override {
    using Type = networks::Setting::Type;
    static const SourceAbout about{
        .id = "reddit",
        .label = "Reddit",
        .help =
            "New posts of communities. Needs an application (reddit.com/prefs/apps); commercial "
            "use needs a contract with Reddit.",
        .settings = {{.key = "communities",
                      .label = "Communities",
                      .help = "Names without r/, one per line; all is everything.",
                      .type = Type::list,
                      .required = false,
                      .fallback = "all"},
                     {.key = "client_id", .label = "Client id", .help = "Of the application."},
                     {.key = "client_secret",
                      .label = "Client secret",
                      .help = "Of the application.",
                      .type = Type::secret},
                     {.key = "every",
                      .label = "Read every",
                      .help = "At least 30s.",
                      .required = false,
                      .fallback = "60s"},
                     {.key = "api",
                      .label = "Address of the API",
                      .type = Type::url,
                      .required = false,
                      .fallback = "https://oauth.reddit.com"},
                     {.key = "auth",
                      .label = "Where tokens are given",
                      .type = Type::url,
                      .required = false,
                      .fallback = "https://www.reddit.com"}},
        .polled = true};
    return about;
  }

  std::vector<base::FieldError> check(const json::object& settings) const override {
    std::vector<base::FieldError> errors;
    const auto names = list_setting(settings, "communities");
    if (names.empty() || names.size() > communities_max) {
      errors.push_back({"communities", fmt::format("needs 1 to {} names", communities_max)});
    } else if (!std::ranges::all_of(names, is_community)) {
      errors.push_back({"communities", "each must be the name of a community, without r/"});
    }
    check_duration(settings, "every", errors);
    return errors;
  }

  io::Task<> read(SourceContext context, json::object settings, std::string,
                  Sink& sink) const override {
    const std::string api = without_slash(text_setting(settings, "api"));
    const auto every = duration_setting(settings, "every", 60s, 30s, 24h);
    Token token;
    for (;;) {
      for (const std::string& name : list_setting(settings, "communities")) {
        if (context.clock->now() >= token.until) {
          token = co_await ask_for_token(context, without_slash(text_setting(settings, "auth")),
                                         text_setting(settings, "client_id"),
                                         text_setting(settings, "client_secret"));
        }
        Get request{.url = fmt::format("{}/r/{}/new?limit=100&raw_json=1", api, name)};
        request.headers.set("Authorization", "Bearer " + token.text);
        const auto listing = co_await get_json(context, std::move(request));
        Batch batch = read_reddit_listing(listing, context.clock->now());
        sink.connected();
        co_await sink.take(std::move(batch));
      }
      co_await pause(context, with_jitter(every));
    }
  }
};

}  // namespace

std::unique_ptr<Source> make_reddit() { return std::make_unique<Reddit>(); }

}  // namespace trends
