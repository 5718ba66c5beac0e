// What each network would say to a post, before anything is stored: errors that refuse it, warnings
// that a person should know, and the counts that the page shows. The same code serves the dry run
// and the real thing.
#pragma once

#include "accounts/accounts.h"
#include "base/time.h"
#include "db/database.h"
#include "media/media.h"
#include "networks/network.h"
#include "posts/post.h"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace posts {

// Null when there is none of that id; networks::by_id in the program.
using NetworkLookup = std::function<const networks::Network*(std::string_view)>;

struct Check {
  base::AccountId account;
  std::string network;
  std::string handle;
  std::vector<base::FieldError> errors;
  std::vector<base::FieldError> warnings;
  std::vector<base::FieldError> notes;  // what will be done, for information
  std::vector<networks::Count> counts;  // one for each part
};

struct Checked {
  std::vector<Check> checks;                    // in the order of the variants
  std::vector<base::FieldError> common_errors;  // of no account: media that does not exist
  std::map<base::AccountId, accounts::AccountView> accounts;
  std::map<base::AccountId, networks::Threads> threads;

  bool ok() const;
  // All errors of all accounts, with the name of the account in the message.
  std::vector<base::FieldError> errors() const;
  // All warnings of all accounts.
  std::vector<Warning> warnings() const;
  // What is wrong whatever the text says: an account or media that is not there.
  std::vector<base::FieldError> structural_errors() const;
};

// Posts of the same text to the same account nearer than this are called recent.
inline constexpr std::chrono::days duplicate_window{7};

class Checks {
 public:
  Checks(db::Database& database, accounts::Accounts& accounts, media::Media& media,
         NetworkLookup networks);

  // `due` is nothing for a draft; `self` is the post that is being changed.
  io::Task<Checked> check(base::WorkspaceId workspace, PostInput input,
                          std::optional<base::Instant> due, std::optional<base::PostId> self);
  // What becomes of a wall time in the night of a clock change.
  static void warn_of_clock(Checked& checked, const When& when, const std::string& zone);

 private:
  io::Task<> warn_of_neighbours(Checked& checked, const PostInput& input, base::Instant due,
                                std::optional<base::PostId> self);
  io::Task<> warn_of_twins(Checked& checked, const PostInput& input, base::Instant due,
                           base::PostId own);

  db::Database& database_;
  accounts::Accounts& accounts_;
  media::Media& media_;
  NetworkLookup networks_;
};

json::object to_json(const Check& check);

}  // namespace posts
