#include "accounts/access_tokens.h"

#include "accounts/membership.h"
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"

namespace accounts {
namespace {

constexpr std::size_t token_max = 2000;

std::string encoded_header() { return base::base64url(R"({"alg":"HS256","typ":"JWT"})"); }

std::int64_t unix_seconds(base::Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
}

base::Instant from_unix(std::int64_t seconds) {
  return base::Instant(std::chrono::seconds(seconds));
}

std::optional<Claims> read_claims(std::string_view encoded, base::Instant now) {
  const base::Result<json::value> payload = base::parse_json(base::from_base64(encoded));
  if (!payload) return std::nullopt;
  Claims claims{.user = {base::text_at(*payload, "/sub")},
                .workspace = {base::text_at(*payload, "/workspace")},
                .security_version = base::integer_at(*payload, "/version"),
                .issued_at = from_unix(base::integer_at(*payload, "/iat")),
                .expires_at = from_unix(base::integer_at(*payload, "/exp"))};
  if (!claims.user || !claims.workspace || claims.expires_at <= now) return std::nullopt;
  return claims;
}

}  // namespace

std::string sign_claims(const Claims& claims, const base::Signer& signer) {
  const json::object payload{{"iss", "socialtrend"},
                             {"sub", claims.user.value},
                             {"workspace", claims.workspace.value},
                             {"version", claims.security_version},
                             {"iat", unix_seconds(claims.issued_at)},
                             {"exp", unix_seconds(claims.expires_at)},
                             {"jti", base::random_token(12)}};
  const std::string head = encoded_header() + "." + base::base64url(json::serialize(payload));
  return head + "." + signer.sign(head);
}

std::optional<Claims> verify_claims(std::string_view token, const base::Signer& signer,
                                    base::Instant now) {
  if (token.size() > token_max) return std::nullopt;
  const std::vector<std::string_view> parts = base::split(token, '.');
  if (parts.size() != 3 || parts[0] != encoded_header()) return std::nullopt;
  const std::string_view head = token.substr(0, parts[0].size() + 1 + parts[1].size());
  if (!signer.accepts(head, parts[2])) return std::nullopt;
  return read_claims(parts[1], now);
}

AccessTokens::AccessTokens(db::Database& database, const base::Clock& clock,
                           const base::Vault& vault, const Settings& settings)
    : database_(database),
      clock_(clock),
      settings_(settings),
      signer_(vault.signer("access tokens")) {}

std::chrono::seconds AccessTokens::ttl() const {
  return std::chrono::duration_cast<std::chrono::seconds>(settings_.access_token_ttl);
}

io::Task<std::string> AccessTokens::make(base::UserId user, base::WorkspaceId workspace) {
  const std::optional<std::int64_t> version = co_await security_version(user);
  CHECK(version.has_value());
  const base::Instant now = clock_.now();
  co_return sign_claims({.user = user,
                         .workspace = workspace,
                         .security_version = *version,
                         .issued_at = now,
                         .expires_at = now + ttl()},
                        signer_);
}

io::Task<std::optional<Principal>> AccessTokens::find(std::string token) {
  const std::optional<Claims> claims = verify_claims(token, signer_, clock_.now());
  if (!claims) co_return std::nullopt;
  if (co_await security_version(claims->user) != claims->security_version) co_return std::nullopt;
  co_return co_await find_membership(database_, claims->user, claims->workspace);
}

io::Task<std::optional<std::int64_t>> AccessTokens::security_version(base::UserId user) {
  const db::Rows rows =
      co_await database_.execute("SELECT security_version FROM users WHERE id = $1", {user});
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0][0].integer();
}

}  // namespace accounts
