#include "accounts/people.h"

#include "base/text.h"

namespace accounts {
namespace {

constexpr std::size_t email_max = 254;

std::string email_key(std::string_view email) { return base::fold(base::trim(email)); }

base::Error wrong_login() {
  return {.status = 401,
          .code = "wrong_credentials",
          .message = "This e-mail and password do not go together."};
}

base::Result<void> check_registration(Registration& wanted) {
  wanted.name = std::string(base::trim(base::clean_utf8(wanted.name)));
  wanted.email = std::string(base::trim(wanted.email));
  std::vector<base::FieldError> errors;
  if (wanted.name.empty()) errors.push_back({"name", "must not be empty"});
  if (!is_email(wanted.email)) errors.push_back({"email", "must be an e-mail address"});
  if (!wanted.time_zone.empty() && !base::is_time_zone(wanted.time_zone)) {
    errors.push_back({"time_zone", "must be an IANA name such as Europe/Paris"});
  }
  if (const auto good = check_new_password(wanted.password, wanted.email); !good) {
    errors.push_back(good.error().fields.front());
  }
  if (!errors.empty()) return base::invalid(std::move(errors));
  return {};
}

NewWorkspace workspace_of(const Registration& wanted) {
  return {.name = wanted.workspace.empty() ? wanted.name : wanted.workspace,
          .time_zone = wanted.time_zone.empty() ? "UTC" : wanted.time_zone};
}

}  // namespace

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  if (text.size() > email_max || at == std::string_view::npos || at == 0) return false;
  if (at + 1 == text.size() || text.find('@', at + 1) != std::string_view::npos) return false;
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
  return base::is_utf8(text) && std::ranges::none_of(text, is_bad);
}

People::People(db::Database& database, const base::Clock& clock, const Settings& settings,
               Throttle& throttle, Sessions& sessions)
    : database_(database),
      clock_(clock),
      settings_(settings),
      throttle_(throttle),
      sessions_(sessions) {}

io::Task<bool> People::needs_owner() {
  const db::Rows rows = co_await database_.execute("SELECT id FROM installation");
  const bool nobody = rows.empty();
  co_return nobody;
}

io::Task<base::Result<Membership>> People::register_person(Registration wanted,
                                                           std::string address) {
  if (const auto good = check_registration(wanted); !good) co_return base::fail(good.error());
  const std::vector<Throttle::Bound> bounds = register_bounds(address);
  if (const auto free = co_await throttle_.admit(bounds); !free) co_return base::fail(free.error());
  // Asked again by the inserts below; here it saves the hash for those who cannot register anyway.
  if (const auto may = co_await may_register(wanted); !may) co_return base::fail(may.error());
  const base::Result<std::string> hash = co_await passwords_.hash(wanted.password);
  if (!hash) co_return base::fail(hash.error());
  co_return co_await insert(std::move(wanted), *hash);
}

io::Task<base::Result<void>> People::may_register(Registration wanted) {
  if (!wanted.invitation.empty())
    co_return co_await find_invitation(database_, clock_.now(), wanted.invitation);
  if (settings_.registration == "open" || co_await needs_owner()) co_return base::Result<void>{};
  co_return base::fail({.status = 403,
                        .code = "registration_closed",
                        .message = "Registration needs an invitation. Ask an admin for one."});
}

io::Task<base::Result<Membership>> People::insert(Registration wanted, std::string password_hash) {
  const base::UserId user = base::UserId::make();
  const std::unique_ptr<db::Transaction> transaction = co_await database_.begin();
  const db::Rows inserted = co_await transaction->execute(
      "INSERT INTO users (id, name, email, email_key, password_hash, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email_key) DO NOTHING RETURNING id",
      {user, wanted.name, wanted.email, email_key(wanted.email), password_hash, clock_.now()});
  if (inserted.empty())
    co_return base::conflict("Somebody with this e-mail is registered already.");
  const base::Result<base::WorkspaceId> workspace =
      co_await join_or_found(*transaction, user, wanted);
  if (!workspace) co_return base::fail(workspace.error());
  co_await transaction->commit();
  co_return Membership{user, *workspace};
}

io::Task<base::Result<base::WorkspaceId>> People::join_or_found(db::Session& session,
                                                                base::UserId user,
                                                                Registration wanted) {
  const base::Instant now = clock_.now();
  if (!wanted.invitation.empty()) {
    co_return co_await use_invitation(session, now, wanted.invitation, user);
  }
  const db::Rows claimed = co_await session.execute(
      "INSERT INTO installation (id, owner_id, claimed_at) VALUES (1, $1, $2) "
      "ON CONFLICT (id) DO NOTHING RETURNING id",
      {user, now});
  if (claimed.empty() && settings_.registration != "open") {
    co_return base::fail(
        {.status = 403,
         .code = "registration_closed",
         .message = "Somebody else has just become the owner. Ask for an invitation."});
  }
  co_return co_await found_workspace(session, now, workspace_of(wanted), user);
}

io::Task<base::Result<Membership>> People::check_login(std::string email, std::string password,
                                                       std::string address) {
  const std::string key = email_key(email.substr(0, email_max + 1));
  const std::vector<Throttle::Bound> bounds = login_bounds(key, address);
  if (const auto free = co_await throttle_.admit(bounds); !free) co_return base::fail(free.error());
  const db::Rows rows = co_await database_.execute(
      "SELECT u.id, u.password_hash, m.workspace_id FROM users u "
      "LEFT JOIN memberships m ON m.user_id = u.id "
      "WHERE u.email_key = $1 ORDER BY m.created_at, m.workspace_id LIMIT 1",
      {key});
  std::optional<std::string> hash;
  if (!rows.empty()) hash = rows[0]["password_hash"].text();
  const base::Result<bool> right = co_await passwords_.verify(hash, std::move(password));
  if (!right) co_return base::fail(right.error());
  if (!*right) co_return base::fail(wrong_login());
  co_await throttle_.forgive(bounds);
  if (rows[0]["workspace_id"].is_null()) {
    co_return base::forbidden("You are in no workspace any more. Ask for an invitation.");
  }
  co_return Membership{rows[0]["id"].id<base::UserId>(),
                       rows[0]["workspace_id"].id<base::WorkspaceId>()};
}

io::Task<base::Result<Person>> People::get(base::UserId id) {
  const db::Rows rows =
      co_await database_.execute("SELECT id, name, email FROM users WHERE id = $1", {id});
  if (rows.empty()) co_return base::not_found("There is no such person.");
  co_return Person{rows[0]["id"].id<base::UserId>(), rows[0]["name"].text(),
                   rows[0]["email"].text()};
}

io::Task<base::Result<Person>> People::change(base::UserId id, PersonChange change,
                                              std::string kept_session, std::string address) {
  if (change.name) change.name = std::string(base::trim(base::clean_utf8(*change.name)));
  if (change.name && change.name->empty()) co_return base::invalid("name", "must not be empty");
  if (change.email) change.email = std::string(base::trim(*change.email));
  if (change.email && !is_email(*change.email)) {
    co_return base::invalid("email", "must be an e-mail address");
  }
  std::string password_hash;
  if (change.email || change.password) {
    const auto proven = co_await prove(id, change.current_password, address);
    if (!proven) co_return base::fail(proven.error());
  }
  if (change.password) {
    const base::Result<Person> person = co_await get(id);
    if (!person) co_return base::fail(person.error());
    const auto good = check_new_password(*change.password, change.email.value_or(person->email));
    if (!good) co_return base::fail(good.error());
    const base::Result<std::string> hash = co_await passwords_.hash(*change.password);
    if (!hash) co_return base::fail(hash.error());
    password_hash = *hash;
  }
  const auto updated =
      co_await update_unless_taken(id, std::move(change), password_hash, kept_session);
  if (!updated) co_return base::fail(updated.error());
  co_return co_await get(id);
}

io::Task<base::Result<void>> People::prove(base::UserId id, std::string password,
                                           std::string address) {
  const db::Rows rows =
      co_await database_.execute("SELECT email_key, password_hash FROM users WHERE id = $1", {id});
  if (rows.empty()) co_return base::not_found("There is no such person.");
  const std::vector<Throttle::Bound> bounds = login_bounds(rows[0]["email_key"].text(), address);
  if (const auto free = co_await throttle_.admit(bounds); !free) co_return base::fail(free.error());
  const base::Result<bool> right =
      co_await passwords_.verify(rows[0]["password_hash"].text(), std::move(password));
  if (!right) co_return base::fail(right.error());
  if (!*right) co_return base::invalid("current_password", "is not your password");
  co_await throttle_.forgive(bounds);
  co_return base::Result<void>{};
}

// Of two who want one e-mail at once, the unique index lets the later one fail.
io::Task<base::Result<void>> People::update_unless_taken(base::UserId id, PersonChange change,
                                                         std::string password_hash,
                                                         std::string kept_session) {
  try {
    co_return co_await update(id, std::move(change), password_hash, kept_session);
  } catch (const db::DatabaseError& error) {
    if (error.kind != db::DatabaseError::Kind::unique) throw;
  }
  co_return base::conflict("Somebody with this e-mail is registered already.");
}

io::Task<base::Result<void>> People::update(base::UserId id, PersonChange change,
                                            std::string password_hash, std::string kept_session) {
  const std::unique_ptr<db::Transaction> transaction = co_await database_.begin();
  if (change.name) {
    co_await transaction->execute("UPDATE users SET name = $2 WHERE id = $1", {id, *change.name});
  }
  if (change.email) {
    const db::Rows changed = co_await transaction->execute(
        "UPDATE users SET email = $2, email_key = $3 WHERE id = $1 "
        "AND NOT EXISTS (SELECT 1 FROM users WHERE email_key = $3 AND id <> $1) RETURNING id",
        {id, *change.email, email_key(*change.email)});
    if (changed.empty())
      co_return base::conflict("Somebody with this e-mail is registered already.");
  }
  if (!password_hash.empty()) {
    co_await transaction->execute(
        "UPDATE users SET password_hash = $2, security_version = security_version + 1 "
        "WHERE id = $1",
        {id, password_hash});
    co_await sessions_.end_others(*transaction, id, kept_session);
  }
  co_await transaction->commit();
  co_return base::Result<void>{};
}

}  // namespace accounts
