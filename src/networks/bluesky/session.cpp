#include "networks/bluesky/session.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "networks/address.h"
#include "networks/fields.h"

namespace networks::bluesky {
namespace {

using std::chrono::seconds;

// What this thread knows of an account beyond its stored credentials.
struct Slot {
  std::optional<Session> latest;
  std::shared_ptr<io::Event> busy;  // set while a task renews
  base::Instant login_not_before{};
};

Slot& slot_of(const std::string& account) {
  thread_local std::unordered_map<std::string, std::unique_ptr<Slot>> slots;
  auto& slot = slots[account];
  if (!slot) slot = std::make_unique<Slot>();
  return *slot;
}

// Held by the one task that renews; the others wait for its event.
class Renewing {
 public:
  Renewing(Slot& slot, io::Executor executor) : slot_(slot) {
    slot_.busy = std::make_shared<io::Event>(std::move(executor));
  }
  ~Renewing() {
    slot_.busy->notify();
    slot_.busy.reset();
  }
  Renewing(const Renewing&) = delete;
  Renewing& operator=(const Renewing&) = delete;

 private:
  Slot& slot_;
};

// When a token was issued, by its own claim; 0 when it has none. Only for telling which of two is
// newer.
std::int64_t issued_at(std::string_view token) {
  const auto parts = base::split(token, '.');
  if (parts.size() != 3) return 0;
  const auto claims = base::parse_json(base::from_base64(parts[1]));
  return claims ? base::integer_at(*claims, "/iat") : 0;
}

// The PDS of a DID document, when it is at least as safe as the service that told it.
std::string pds_of(const json::object& session, const std::string& service) {
  const auto* document = object_field(session, "didDoc");
  const auto* services = document == nullptr ? nullptr : array_field(*document, "service");
  if (services == nullptr) return service;
  for (const auto& entry : *services) {
    if (base::text_at(entry, "/type") != "AtprotoPersonalDataServer") continue;
    const auto address = parse_address(base::text_at(entry, "/serviceEndpoint"));
    const auto own = parse_address(service);
    if (address && own && (address->scheme == "https" || address->scheme == own->scheme)) {
      return address->origin();
    }
  }
  return service;
}

bool is_session_over(const Failure& failure) {
  return failure.code == "ExpiredToken" || failure.code == "InvalidToken" ||
         failure.code == "AuthMissing" || failure.status == 401;
}

// Codes that mean that only the account's owner can go on.
bool is_account_gone(std::string_view code) {
  return code == "AccountTakedown" || code == "AccountDeactivated" || code == "AccountSuspended" ||
         code == "RepoDeactivated" || code == "RepoTakendown" || code == "RepoSuspended";
}

Failure to_failure(const Answer& answer, base::Instant now) {
  Failure failure;
  std::string words;
  if (answer) {
    failure.status = answer->status;
    if (const auto body = object_of(*answer)) {
      failure.code = clean_words(text_field(*body, "error"));
      words = text_field(*body, "message");
      if (words.empty()) words = failure.code;
    }
  }
  auto outcome =
      failure_of(answer, {.label = "Bluesky", .now = now, .code = failure.code, .words = words});
  failure.outcome =
      outcome ? std::move(*outcome) : Outcome{Unknown{"Bluesky: the answer cannot be read"}};
  if (is_session_over(failure)) failure.outcome = AccountBroken{"Bluesky: " + clean_words(words)};
  if (is_account_gone(failure.code))
    failure.outcome = AccountBroken{"Bluesky: " + clean_words(words)};
  return failure;
}

Reply<json::object> to_reply(const Answer& answer, base::Instant now) {
  if (answer && answer->status >= 200 && answer->status < 300) {
    if (auto body = object_of(*answer)) return std::move(*body);
  }
  return std::unexpected(to_failure(answer, now));
}

// The session that a login or renewal answered with.
Reply<Session> to_session(const Reply<json::object>& reply, const std::string& service) {
  if (!reply) return std::unexpected(reply.error());
  Session session{.service = service,
                  .pds = pds_of(*reply, service),
                  .did = text_field(*reply, "did"),
                  .handle = clean_words(text_field(*reply, "handle")),
                  .access = text_field(*reply, "accessJwt"),
                  .refresh = text_field(*reply, "refreshJwt")};
  if (!is_did(session.did) || session.access.empty() || session.refresh.empty()) {
    return std::unexpected(
        Failure{.outcome = RetryLater{.reason = "Bluesky: the login answer cannot be read"}});
  }
  if (const auto* active = reply->if_contains("active"); active != nullptr && *active == false) {
    return std::unexpected(Failure{.outcome = AccountBroken{"Bluesky: the account is not active"}});
  }
  return session;
}

// A login or renewal publishes nothing: no answer is a reason to try later, and a no concerns the
// account.
Failure of_login(Failure failure) {
  const std::string reason = reason_of(failure.outcome);
  if (std::holds_alternative<Unknown>(failure.outcome))
    failure.outcome = RetryLater{.reason = reason};
  if (std::holds_alternative<Rejected>(failure.outcome)) {
    failure.outcome = AccountBroken{"Bluesky: " + reason};
  }
  return failure;
}

http::ClientRequest json_post(std::string url, const json::object& body) {
  http::ClientRequest request{
      .method = "POST", .url = std::move(url), .body = json::serialize(body)};
  request.headers.set("Content-Type", "application/json");
  return request;
}

}  // namespace

bool is_did(std::string_view text) {
  return text.starts_with("did:") && text.size() > 8 && text.size() <= 300 &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == ':' || c == '.' || c == '_' || c == '-' || c == '%';
         });
}

void put_session(json::object& credentials, const Session& session) {
  credentials["pds"] = session.pds;
  credentials["access_jwt"] = session.access;
  credentials["refresh_jwt"] = session.refresh;
}

Session session_of(const Account& account) {
  const auto& credentials = account.credentials;
  Session session{.service = text_field(credentials, "service"),
                  .pds = text_field(credentials, "pds"),
                  .did = account.remote_id,
                  .handle = account.handle,
                  .access = text_field(credentials, "access_jwt"),
                  .refresh = text_field(credentials, "refresh_jwt")};
  if (session.pds.empty()) session.pds = session.service;
  return session;
}

io::Task<Reply<Session>> create_session(Context context, std::string service,
                                        std::string identifier, std::string password) {
  const auto answer =
      co_await context.http->send(json_post(service + "/xrpc/com.atproto.server.createSession",
                                            {{"identifier", identifier}, {"password", password}}));
  auto session = to_session(to_reply(answer, context.clock->now()), service);
  if (!session) co_return std::unexpected(of_login(std::move(session.error())));
  co_return session;
}

io::Task<Reply<json::object>> Xrpc::get(std::string method, http::Query query) {
  std::string url = "/xrpc/" + method;
  char separator = '?';
  for (const auto& [name, value] : query.pairs) {
    url += separator + base::url_encode(name) + "=" + base::url_encode(value);
    separator = '&';
  }
  co_return co_await call({.method = "GET", .url = std::move(url)});
}

io::Task<Reply<json::object>> Xrpc::post(std::string method, json::object body) {
  co_return co_await call(json_post("/xrpc/" + method, body));
}

io::Task<Reply<json::object>> Xrpc::upload(std::string bytes, std::string content_type) {
  http::ClientRequest request{.method = "POST",
                              .url = "/xrpc/com.atproto.repo.uploadBlob",
                              .body = std::move(bytes),
                              .timeout = std::chrono::seconds(120)};
  request.headers.set("Content-Type", std::move(content_type));
  co_return co_await call(std::move(request));
}

io::Task<Reply<json::object>> Xrpc::call(http::ClientRequest request) {
  Session session = session_of(account_);
  const auto& latest = slot_of(account_.id.value).latest;
  if (latest && latest->did == session.did && latest->service == session.service &&
      issued_at(latest->access) >= issued_at(session.access)) {
    session = *latest;
  }
  for (int attempt = 0;; ++attempt) {
    http::ClientRequest authorised = request;
    authorised.url = session.pds + request.url;
    authorised.headers.set("Authorization", "Bearer " + session.access);
    auto reply =
        to_reply(co_await context_.http->send(std::move(authorised)), context_.clock->now());
    if (reply || !is_session_over(reply.error())) co_return reply;
    if (attempt > 0) {
      // It was granted a moment ago, so the account is well; the PDS is not.
      reply.error().outcome = RetryLater{.reason = reason_of(reply.error().outcome)};
      co_return reply;
    }
    auto fresh = co_await renewed(session);
    if (!fresh) co_return std::unexpected(std::move(fresh.error()));
    session = std::move(*fresh);
    base::log_debug("bluesky_session_renewed", {{"account.id", json::value(account_.id.value)}});
  }
}

io::Task<Reply<Session>> Xrpc::renewed(Session stale) {
  Slot& slot = slot_of(account_.id.value);
  while (const auto busy = slot.busy) co_await busy->wait();
  // Somebody else renewed while we waited.
  if (slot.latest && slot.latest->did == stale.did && slot.latest->access != stale.access &&
      issued_at(slot.latest->access) >= issued_at(stale.access)) {
    co_return *slot.latest;
  }
  const Renewing renewing(slot, co_await asio::this_coro::executor);
  auto session = co_await renew(std::move(stale));
  if (session) {
    slot.latest = *session;
    co_await keep(*session);
  }
  co_return session;
}

io::Task<Reply<Session>> Xrpc::renew(Session stale) {
  if (stale.refresh.empty()) co_return co_await log_in_again();
  http::ClientRequest request{.method = "POST",
                              .url = stale.service + "/xrpc/com.atproto.server.refreshSession"};
  request.headers.set("Authorization", "Bearer " + stale.refresh);
  const auto answer = co_await context_.http->send(std::move(request));
  auto session = to_session(to_reply(answer, context_.clock->now()), stale.service);
  if (session) {
    // Only a login tells the DID document for certain.
    if (session->pds == session->service) session->pds = stale.pds;
    co_return session;
  }
  Failure failure = of_login(std::move(session.error()));
  if (std::holds_alternative<RetryLater>(failure.outcome))
    co_return std::unexpected(std::move(failure));
  co_return co_await log_in_again();
}

io::Task<Reply<Session>> Xrpc::log_in_again() {
  Slot& slot = slot_of(account_.id.value);
  const auto now = context_.clock->now();
  if (now < slot.login_not_before) {
    const auto wait = std::chrono::ceil<seconds>(slot.login_not_before - now);
    co_return std::unexpected(Failure{
        .outcome = RetryLater{.after = wait, .reason = "Bluesky: too many logins, waiting"}});
  }
  auto session = co_await create_session(context_, text_field(account_.credentials, "service"),
                                         text_field(account_.credentials, "identifier"),
                                         text_field(account_.credentials, "app_password"));
  if (!session) {
    if (const auto* later = std::get_if<RetryLater>(&session.error().outcome)) {
      slot.login_not_before = now + std::max(later->after, seconds(10));
    }
  } else if (session->did != account_.remote_id) {
    co_return std::unexpected(
        Failure{.outcome = AccountBroken{"Bluesky: this handle belongs to another account now"}});
  }
  co_return session;
}

io::Task<> Xrpc::keep(Session session) {
  if (context_.credentials == nullptr) co_return;
  put_session(account_.credentials, session);
  co_await context_.credentials->save(account_.id, account_.credentials);
}

}  // namespace networks::bluesky
