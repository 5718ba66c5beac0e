// People: who they are, how they come in and how they prove it.
//
// The first person to register owns the installation, decided by one insert of a row that can exist
// once, so it holds between replicas too. E-mails compare without case. Not thread-safe: one per
// loop.
#pragma once

#include "accounts/passwords.h"
#include "accounts/sessions.h"
#include "accounts/settings.h"
#include "accounts/throttle.h"
#include "accounts/workspaces.h"
#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "db/database.h"

#include <optional>
#include <string>

namespace accounts {

struct Person {
  base::UserId id;
  std::string name;
  std::string email;
};

struct Registration {
  std::string name;
  std::string email;
  std::string password;
  std::string workspace;   // its name; empty: made from the person's name
  std::string time_zone;   // empty: UTC
  std::string invitation;  // the token; empty: none
};

struct PersonChange {
  std::optional<std::string> name;
  std::optional<std::string> email;
  std::optional<std::string> password;
  std::string current_password;  // needed for the e-mail and the password
};

struct Membership {
  base::UserId user;
  base::WorkspaceId workspace;
};

class People {
 public:
  People(db::Database& database, const base::Clock& clock, const Settings& settings,
         Throttle& throttle, Sessions& sessions);

  io::Task<bool> needs_owner();
  // `address` of the asking client, for the throttle.
  io::Task<base::Result<Membership>> register_person(Registration wanted, std::string address);
  // Whose password it is, and the workspace in which that person begins.
  io::Task<base::Result<Membership>> check_login(std::string email, std::string password,
                                                 std::string address);
  io::Task<base::Result<Person>> get(base::UserId id);
  // A changed password ends all other sessions and all access tokens.
  io::Task<base::Result<Person>> change(base::UserId id, PersonChange change,
                                        std::string kept_session, std::string address);

 private:
  io::Task<base::Result<Membership>> insert(Registration wanted, std::string password_hash);
  io::Task<base::Result<void>> may_register(Registration wanted);
  io::Task<base::Result<base::WorkspaceId>> join_or_found(db::Session& session, base::UserId user,
                                                          Registration wanted);
  io::Task<base::Result<void>> prove(base::UserId id, std::string password, std::string address);
  io::Task<base::Result<void>> update_unless_taken(base::UserId id, PersonChange change,
                                                   std::string password_hash,
                                                   std::string kept_session);
  io::Task<base::Result<void>> update(base::UserId id, PersonChange change,
                                      std::string password_hash, std::string kept_session);

  db::Database& database_;
  const base::Clock& clock_;
  const Settings& settings_;
  Throttle& throttle_;
  Sessions& sessions_;
  Passwords passwords_;
};

// One '@' with something on both sides, no spaces or control characters, at most 254 bytes.
bool is_email(std::string_view text);

}  // namespace accounts
