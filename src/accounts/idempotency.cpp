#include "accounts/idempotency.h"

#include "accounts/principal.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

namespace accounts {
namespace {

constexpr std::chrono::hours keep{24};
// Longer than a handler may take; after that the process that ran it is gone.
constexpr std::chrono::minutes running_max{5};
constexpr std::size_t key_max = 255;
constexpr std::size_t answer_max = 1024UL * 1024;
// Hashing more than this would hold up the loop.
constexpr std::size_t hash_here_max = 256UL * 1024;

bool is_key(std::string_view text) {
  const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
  return !text.empty() && text.size() <= key_max && std::ranges::all_of(text, visible);
}

// A repeat of these may end differently, so they are not the answer for good.
bool is_worth_keeping(int status) {
  constexpr std::array passing{401, 403, 408, 409, 425, 429};
  return status < 500 && std::ranges::find(passing, status) == passing.end();
}

base::Error bad_key() {
  return {.status = 400,
          .code = "bad_idempotency_key",
          .message = "Idempotency-Key has 1 to 255 visible ASCII characters."};
}

base::Error other_request() {
  return {.status = 422,
          .code = "idempotency_key_reused",
          .message = "This Idempotency-Key was used for another request."};
}

base::Error still_running() {
  return {.status = 409,
          .code = "idempotency_running",
          .message = "The first request with this Idempotency-Key is still on its way.",
          .retry_after = 1};
}

base::Error interrupted() {
  return {.status = 409,
          .code = "idempotency_interrupted",
          .message =
              "The first request with this Idempotency-Key was interrupted. Look whether it "
              "was carried out; if not, send it with a new key."};
}

base::Error too_large() {
  return {.status = 409,
          .code = "idempotency_answer_too_large",
          .message = "The request was carried out; its answer was too large to be kept."};
}

std::string body_hash(std::string_view body) { return base::hex(base::sha256(body)); }

struct Claim {
  std::string scope;
  std::string key;
  std::string fingerprint;
  std::string owner = base::make_uuid7();
};

class Idempotency {
 public:
  Idempotency(db::Database& database, const base::Clock& clock, const base::Vault& vault)
      : database_(database), clock_(clock), vault_(vault) {}

  io::Task<http::Response> filter(http::Request request, http::Handler next) {
    const std::string key(request.headers.get("Idempotency-Key"));
    const base::Result<Principal> who = principal(request, Role::viewer);
    if (request.method != "POST" || !request.headers.has("Idempotency-Key") || !who) {
      co_return co_await next(std::move(request));
    }
    if (!is_key(key)) co_return http::problem(bad_key(), request.request_id);
    Claim claim{
        .scope = who->user.value + ":" + who->workspace.value,
        .key = key,
        .fingerprint = co_await fingerprint(request.method + " " + request.target, request.body)};
    const std::string request_id = request.request_id;
    if (!co_await take(claim)) co_return co_await answer_again(claim, request_id);
    co_return co_await run(std::move(claim), std::move(request), std::move(next));
  }

 private:
  // `body` belongs to the request of the caller, who waits.
  static io::Task<std::string> fingerprint(std::string line, std::string_view body) {
    std::string hash;
    if (body.size() > hash_here_max) {
      hash = co_await io::offload([body] { return body_hash(body); });
    } else {
      hash = body_hash(body);
    }
    co_return base::hex(base::sha256(line + "\n" + hash));
  }

  // True when the work under this key is ours to do.
  io::Task<bool> take(Claim claim) {
    const base::Instant now = clock_.now();
    const db::Rows taken = co_await database_.execute(
        "INSERT INTO idempotency_keys (scope, key, fingerprint, owner, status, answer, created_at, "
        "running_until, expires_at) VALUES ($1, $2, $3, $4, NULL, NULL, $5, $6, $7) "
        "ON CONFLICT (scope, key) DO UPDATE SET fingerprint = $3, owner = $4, status = NULL, "
        "answer = NULL, created_at = $5, running_until = $6, expires_at = $7 "
        "WHERE idempotency_keys.expires_at <= $5 RETURNING owner",
        {claim.scope, claim.key, claim.fingerprint, claim.owner, now, now + running_max,
         now + keep});
    co_return !taken.empty();
  }

  io::Task<http::Response> answer_again(Claim claim, std::string request_id) {
    const db::Rows rows = co_await database_.execute(
        "SELECT fingerprint, status, answer, running_until FROM idempotency_keys "
        "WHERE scope = $1 AND key = $2",
        {claim.scope, claim.key});
    // Given free between the two statements: as good as still running, the client tries again.
    if (rows.empty()) co_return http::problem(still_running(), request_id);
    const db::Row& row = rows[0];
    if (row["fingerprint"].text() != claim.fingerprint) {
      co_return http::problem(other_request(), request_id);
    }
    if (row["status"].is_null()) {
      const bool running = row["running_until"].instant() > clock_.now();
      co_return http::problem(running ? still_running() : interrupted(), request_id);
    }
    co_return unseal(claim, static_cast<int>(row["status"].integer()), row["answer"].text(),
                     request_id);
  }

  io::Task<http::Response> run(Claim claim, http::Request request, http::Handler next) {
    http::Response response;
    std::exception_ptr failure;
    bool cancelled = false;
    try {
      response = co_await next(std::move(request));
    } catch (const std::exception& error) {
      failure = std::current_exception();
      cancelled = io::is_cancelled(error);
    }
    // A handler that was cut off in the middle may have done its work: the key stays taken.
    if (cancelled) std::rethrow_exception(failure);
    if (failure || !is_worth_keeping(response.status)) {
      co_await release(claim);
    } else {
      co_await keep_answer(claim, response.status, seal(claim, response));
    }
    if (failure) std::rethrow_exception(failure);
    co_return response;
  }

  io::Task<> release(Claim claim) {
    co_await database_.execute(
        "DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2 AND owner = $3",
        {claim.scope, claim.key, claim.owner});
  }

  io::Task<> keep_answer(Claim claim, int status, std::string sealed) {
    co_await database_.execute(
        "UPDATE idempotency_keys SET status = $4, answer = $5 "
        "WHERE scope = $1 AND key = $2 AND owner = $3",
        {claim.scope, claim.key, claim.owner, status, std::move(sealed)});
  }

  // The headers that belong to the answer, not to the moment (no cookies, no dates). Empty when it
  // is too large to be kept.
  std::string seal(const Claim& claim, const http::Response& response) const {
    if (response.stream || response.body.size() > answer_max) return {};
    json::object kept{{"body", base::base64(response.body)}};
    for (const std::string_view name : {"Content-Type", "Location"}) {
      if (response.headers.has(name)) kept[name] = response.headers.get(name);
    }
    return vault_.seal(json::serialize(kept), context(claim));
  }

  http::Response unseal(const Claim& claim, int status, std::string_view answer,
                        std::string_view request_id) const {
    if (answer.empty()) return http::problem(too_large(), request_id);
    const base::Result<std::string> plain = vault_.open(answer, context(claim));
    // The key that sealed it was rotated away: all that is known is that it was carried out.
    if (!plain) return http::problem(interrupted(), request_id);
    const json::value kept = base::parse_json(*plain).value_or(json::object{});
    http::Response response{.status = status,
                            .body = base::from_base64(base::text_at(kept, "/body"))};
    for (const std::string_view name : {"Content-Type", "Location"}) {
      const std::string value = base::text_at(kept, fmt::format("/{}", name));
      if (!value.empty()) response.headers.set(std::string(name), value);
    }
    response.headers.set("Idempotency-Replayed", "true");
    return response;
  }

  static std::string context(const Claim& claim) {
    return fmt::format("idempotency {} {}", claim.scope, claim.key);
  }

  db::Database& database_;
  const base::Clock& clock_;
  const base::Vault& vault_;
};

}  // namespace

http::Filter make_idempotency(db::Database& database, const base::Clock& clock,
                              const base::Vault& vault) {
  auto idempotency = std::make_shared<Idempotency>(database, clock, vault);
  return [idempotency](http::Request request, http::Handler next) {
    return idempotency->filter(std::move(request), std::move(next));
  };
}

io::Task<> prune_idempotency(db::Session& session, base::Instant now) {
  co_await session.execute("DELETE FROM idempotency_keys WHERE expires_at <= $1", {now});
}

}  // namespace accounts
