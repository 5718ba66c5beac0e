#include "networks/x/api.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/fields.h"
#include "networks/multipart.h"

#include <charconv>

namespace networks::x {
namespace {

using std::chrono::seconds;

constexpr seconds token_life_usual{7200};
constexpr seconds day_in_seconds{86'400};
constexpr seconds renewal_pause{30};

// X's own words: of the v2 API, of its older errors, and of its token endpoint.
std::string words_in(const json::value& body) {
  for (const auto* place : {"/detail", "/errors/0/message", "/errors/0/detail",
                            "/error_description", "/title", "/error"}) {
    if (auto words = base::text_at(body, place); !words.empty()) return words;
  }
  return "";
}

// The day's limit of the user has a reset of its own.
seconds wait_of_day(const http::Headers& headers, base::Instant now) {
  if (headers.get("x-user-limit-24hour-remaining") != "0") return seconds(0);
  const auto text = headers.get("x-user-limit-24hour-reset");
  std::int64_t reset = 0;
  std::from_chars(text.data(), text.data() + text.size(), reset);
  const auto wait = seconds(reset) - std::chrono::floor<seconds>(now.time_since_epoch());
  return std::clamp(wait, seconds(0), day_in_seconds);
}

bool is_about_the_account(std::string_view lower, std::string_view type) {
  return type.contains("client-forbidden") || type.contains("unsupported-authentication") ||
         type.contains("oauth1-permissions") || lower.contains("suspended") ||
         lower.contains("locked") || lower.contains("client forbidden");
}

}  // namespace

std::optional<Failure> failure_in(const Answer& answer, base::Instant now) {
  auto parsed = answer ? base::parse_json(answer->body) : base::Result<json::value>(nullptr);
  const json::value body = parsed ? std::move(*parsed) : json::value(nullptr);
  const auto words = words_in(body);
  auto outcome = failure_of(answer, {.label = "X", .now = now, .words = words});
  if (!outcome) return std::nullopt;
  Failure failure{.outcome = std::move(*outcome)};
  if (!answer) return failure;
  const auto reason = fmt::format("X: {}", words.empty() ? "refused" : clean_words(words));
  const auto lower = base::to_lower_ascii(words);
  if (answer->status == 402) failure.outcome = AccountBroken{reason};
  if (answer->status == 403 && lower.contains("duplicate")) {
    failure.duplicate = true;
    failure.outcome = Unknown{"X: these words are there already"};
  } else if (answer->status == 403 && is_about_the_account(lower, base::text_at(body, "/type"))) {
    failure.outcome = AccountBroken{reason};
  }
  if (auto* later = std::get_if<RetryLater>(&failure.outcome)) {
    later->after = std::max(later->after, wait_of_day(answer->headers, now));
  }
  return failure;
}

Api::Api(Context context, const json::object& credentials)
    : context_(context),
      server_(text_field(credentials, "server")),
      token_(text_field(credentials, "access_token")),
      expires_at_(base::from_micros(integer_field(credentials, "expires_at"))) {}

bool Api::expired() const {
  return expires_at_ != base::Instant{} && context_.clock->now() >= expires_at_;
}

http::ClientRequest Api::request(std::string method, const std::string& path) const {
  http::ClientRequest request{.method = std::move(method), .url = server_ + path};
  request.headers.set("Authorization", "Bearer " + token_);
  return request;
}

io::Task<Reply> Api::get(std::string path) { co_return co_await send(request("GET", path)); }

io::Task<Reply> Api::post(std::string path, json::value body) {
  auto call = request("POST", path);
  if (!body.is_null()) {
    call.headers.set("Content-Type", "application/json");
    call.body = json::serialize(body);
  }
  co_return co_await send(std::move(call));
}

io::Task<Reply> Api::append(std::string path, std::size_t segment, std::string bytes) {
  auto call = request("POST", path);
  call.timeout = seconds(120);
  set_form(call, {{.name = "segment_index", .value = std::to_string(segment)},
                  {.name = "media",
                   .value = std::move(bytes),
                   .file_name = "blob",
                   .content_type = "application/octet-stream"}});
  co_return co_await send(std::move(call));
}

io::Task<Reply> Api::send(http::ClientRequest request) {
  const auto answer = co_await context_.http->send(std::move(request));
  if (auto bad = failure_in(answer, context_.clock->now())) {
    co_return std::unexpected(std::move(*bad));
  }
  if (answer->body.empty()) co_return json::value(nullptr);
  auto body = base::parse_json(answer->body);
  if (!body) co_return std::unexpected(Failure{.outcome = Unknown{"X: the answer cannot be read"}});
  co_return std::move(*body);
}

RetryLater waits_for_renewal() {
  return {.after = renewal_pause, .reason = "X: the access token is being renewed"};
}

io::Task<Renewal> renew_tokens(Context context, json::object credentials) {
  const auto refresh = text_field(credentials, "refresh_token");
  const auto client = text_field(credentials, "client_id");
  const auto secret = text_field(credentials, "client_secret");
  http::ClientRequest request{
      .method = "POST",
      .url = text_field(credentials, "server") + "/2/oauth2/token",
      .body = fmt::format("grant_type=refresh_token&refresh_token={}&client_id={}",
                          base::url_encode(refresh), base::url_encode(client))};
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  if (!secret.empty()) {
    request.headers.set("Authorization", "Basic " + base::base64(client + ":" + secret));
  }
  const auto answer = co_await context.http->send(std::move(request));
  if (auto bad = failure_in(answer, context.clock->now())) {
    auto& outcome = bad->outcome;
    if (auto* later = std::get_if<RetryLater>(&outcome)) co_return std::move(*later);
    // 400 and 401 are the grant's own refusal; what fails inside or on the way is not.
    if (std::holds_alternative<Unknown>(outcome))
      co_return RetryLater{.reason = reason_of(outcome)};
    co_return AccountBroken{"X does not renew the connection: connect the account again."};
  }
  const auto body = object_of(*answer);
  const auto access = body ? text_field(*body, "access_token") : "";
  if (access.empty()) co_return RetryLater{.reason = "X: the answer to a renewal has no token"};
  auto life = seconds(integer_field(*body, "expires_in"));
  if (life.count() <= 0 || life > 30 * day_in_seconds) life = token_life_usual;
  const auto now = context.clock->now();
  credentials["access_token"] = access;
  if (const auto next = text_field(*body, "refresh_token"); !next.empty()) {
    credentials["refresh_token"] = next;
  }
  credentials["expires_at"] = base::to_micros(now + life);
  credentials["renew_at"] = base::to_micros(now + life * 3 / 4);
  co_return Renewed{std::move(credentials)};
}

}  // namespace networks::x
